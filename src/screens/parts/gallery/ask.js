// A question above the photos: a name for a tag or album, or a note.

import { asking, opened } from "../darkroom/dialog.js";
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
  const answer = (leave, on) => {
    if (!field.reportValidity()) return;
    leave();
    onAnswer(field.value, on);
  };
  const names = known.map((name) =>
    h("button", { class: "chip", onclick: () => ((field.value = name), field.focus()) }, name),
  );
  const onSubmit = (leave) => answer(leave, true);
  const dialog = asking({ title: `${title}: ${about}`, onSubmit, onClose }, (leave) => [
    h("label", { for: "ask-field" }, label),
    field,
    names.length > 0 && h("div", { class: "names", role: "group", "aria-label": _("Names that there are") }, ...names),
    h(
      "div",
      { class: "answers" },
      h("button", { onclick: leave }, _("Cancel")),
      remove && h("button", { onclick: () => answer(leave, false) }, remove),
      h("button", { type: "submit", class: "strong" }, add),
    ),
  ]);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return opened(host, dialog); // its first field has the focus
}
