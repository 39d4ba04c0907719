// A dialog with a heading and a cross.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { _ } from "./language.js";

/** The element, not open yet, with `parts` below its heading. `name`: its class; `onClose()` is called once it is gone. */
export function headed({ name, title, onClose }, ...parts) {
  const id = `${name.split(" ").at(-1)}-title`;
  const cross = { type: "button", class: "plain", "aria-label": _("Close"), onclick: () => dialog.close() };
  const dialog = h(
    "dialog",
    { class: name, "aria-labelledby": id, onclose: () => (dialog.remove(), onClose()) },
    h("header", {}, h("h2", { id }, title), h("button", cross, icon("cross"))),
    ...parts,
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return dialog;
}
