// Dialogs: one with a heading and a cross, and one with a form.

import { bare } from "./button.js";
import { h } from "./dom.js";
import { _ } from "./language.js";

/** The element, not open yet, with `parts` below its heading. `name`: its class; `onClose()` is called once it is gone. */
export function headed({ name, title, onClose }, ...parts) {
  const id = `${name.split(" ").at(-1)}-title`;
  const cross = bare("cross", _("Close"), () => dialog.close());
  const dialog = h(
    "dialog",
    { class: name, "aria-labelledby": id, onclose: () => (dialog.remove(), onClose()) },
    h("header", {}, h("h2", { id }, title), cross),
    ...parts,
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return dialog;
}

/** Open a dialog. Gives what the page may ask of it. */
export function opened(host, dialog) {
  host.append(dialog);
  dialog.showModal();
  return { close: () => dialog.close() };
}

/** A question, not open yet, whose form is filled by `parts(leave)`; `onClose()` is called once it is gone. */
export function asking({ title, onSubmit, onClose }, parts) {
  // At once: the event that it was closed comes later, and a key may be pressed before.
  const leave = () => {
    if (!dialog.isConnected) return;
    dialog.remove();
    onClose();
  };
  const submit = (event) => (event.preventDefault(), onSubmit(leave));
  const form = h("form", { onsubmit: submit }, h("h2", { id: "ask-title" }, title), ...parts(leave));
  const dialog = h("dialog", { class: "ask", "aria-labelledby": "ask-title", oncancel: leave, onclose: leave }, form);
  return dialog;
}
