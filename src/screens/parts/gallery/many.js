// The bar of what is selected, and what can be done to all of it.

import { h } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { _ } from "../darkroom/language.js";

const ACTIONS = [
  ["favourite", _("Favourite"), "heart", "F"],
  ["tag", _("Tag…"), "tag", "T"],
  ["album", _("Album…"), "album", "A"],
  ["note", _("Note…"), "note", "N"],
  ["similar", _("Find similar"), "similar", "M"],
  ["export", _("Export"), "export", "E"],
];

export class Many {
  /** view.act(name) is told, with one of ACTIONS or "escape". */
  constructor(store, view) {
    this.store = store;
    this.words = h("p", { role: "status" });
    const button = ([name, words, sign, key]) =>
      h(
        "button",
        { class: name === "export" ? "strong" : "", title: `${words} (${key})`, onclick: () => view.act(name) },
        icon(sign),
        h("span", {}, words),
      );
    const clear = h(
      "button",
      { class: "plain", "aria-label": _("Select nothing"), onclick: () => view.act("escape") },
      icon("cross"),
    );
    this.element = h(
      "section",
      { class: "many", hidden: true, "aria-label": _("Selected photos") },
      clear,
      this.words,
      h("div", { class: "actions" }, ...ACTIONS.map(button)),
    );
  }

  refresh() {
    const { selected } = this.store;
    this.element.hidden = !selected;
    this.words.textContent = selected ? _("{selected:,} selected", { selected }) : "";
  }
}
