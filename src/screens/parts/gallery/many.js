// The bar of what is selected, and what can be done to all of it.

import { bare, button } from "../darkroom/button.js";
import { h } from "../darkroom/dom.js";
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
    const act = ([name, words, sign, key]) =>
      button(sign, words, () => view.act(name), { class: name === "export" ? "strong" : "", title: `${words} (${key})` });
    this.element = h(
      "section",
      { class: "many", hidden: true, "aria-label": _("Selected photos") },
      bare("cross", _("Select nothing"), () => view.act("escape")),
      this.words,
      h("div", { class: "actions" }, ...ACTIONS.map(act)),
    );
  }

  refresh() {
    const { selected } = this.store;
    this.element.hidden = !selected;
    this.words.textContent = selected ? _("{selected:,} selected", { selected }) : "";
  }
}
