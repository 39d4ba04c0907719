// A question in the middle of the page, with an answer on each button.

import { opened } from "./dialog.js";
import { h } from "./dom.js";
import { _ } from "./language.js";

/** `answers`: [words, act] each; the last is the one that is meant. Escape and Cancel do nothing. */
export function question(host, { title, words, content, answers }) {
  const close = () => dialog.close();
  const buttons = answers.map(([label, act], number) =>
    h("button", { class: number === answers.length - 1 ? "strong" : null, onclick: () => (close(), act()) }, label),
  );
  const dialog = h(
    "dialog",
    { class: "ask", "aria-labelledby": "question-title", onclose: () => dialog.remove() },
    h("h2", { id: "question-title" }, title),
    words && h("p", {}, words),
    content,
    h("div", { class: "answers" }, h("button", { onclick: close }, _("Cancel")), ...buttons),
  );
  opened(host, dialog);
}
