// A question above the photos: a name for a tag or album, or a note.

import { h } from "../darkroom/dom.js";
import { _ } from "../darkroom/language.js";

const QUESTIONS = {
  tag: { title: _("Tag"), label: _("Name of the tag"), add: _("Add"), remove: _("Remove") },
  album: { title: _("Album"), label: _("Name of the album"), add: _("Put into the album"), remove: _("Take out") },
  note: { title: _("Note"), label: _("Note, in place of the one before"), add: _("Save") },
};

/** Ask for one of QUESTIONS about so many photos; onAnswer(words, on) is told. `known`: names that there are. */
export function ask({ host, kind, about, known, onAnswer, onClose }) {
  const { title, label, add, remove } = QUESTIONS[kind];
  const field =
    kind === "note"
      ? h("textarea", { id: "ask-field", rows: 4, maxLength: 4000 })
      : h("input", { id: "ask-field", type: "text", maxLength: 100, autocomplete: "off", required: true });
  const answer = (on) => {
    if (!field.reportValidity()) return;
    leave();
    onAnswer(field.value, on);
  };
  const names = known.map((name) =>
    h("button", { type: "button", class: "chip", onclick: () => ((field.value = name), field.focus()) }, name),
  );
  const form = h(
    "form",
    { method: "dialog", onsubmit: (event) => (event.preventDefault(), answer(true)) },
    h("h2", { id: "ask-title" }, `${title}: ${about}`),
    h("label", { for: "ask-field" }, label),
    field,
    names.length > 0 && h("div", { class: "names", role: "group", "aria-label": _("Names that there are") }, ...names),
    h(
      "div",
      { class: "answers" },
      h("button", { type: "button", onclick: () => leave() }, _("Cancel")),
      remove && h("button", { type: "button", onclick: () => answer(false) }, remove),
      h("button", { type: "submit", class: "strong" }, add),
    ),
  );
  const dialog = h(
    "dialog",
    { class: "ask", "aria-labelledby": "ask-title", oncancel: () => leave(), onclose: () => leave() },
    form,
  );
  // At once: the event that it was closed comes later, and a key may be pressed before.
  const leave = () => {
    if (!dialog.isConnected) return;
    dialog.remove();
    onClose();
  };
  host.append(dialog);
  dialog.addEventListener("click", (event) => event.target === dialog && leave());
  dialog.showModal();
  field.focus();
  return { close: () => dialog.close() };
}
