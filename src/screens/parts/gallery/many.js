// The bar of what is selected, and what can be done to all of it.

import { h } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";

const ACTIONS = [
  ["favourite", "Favourite", "heart", "F"],
  ["tag", "Tag…", "tag", "T"],
  ["album", "Album…", "album", "A"],
  ["note", "Note…", "note", "N"],
  ["similar", "Find similar", "similar", "M"],
  ["export", "Export", "export", "E"],
];

export class Many {
  /** view.act(name) is told, with one of ACTIONS or "escape". */
  constructor(store, view) {
    this.store = store;
    this.words = h("p", { role: "status" });
    const button = ([name, words, sign, key]) =>
      h(
        "button",
        {
          type: "button",
          class: name === "export" ? "strong" : "",
          title: `${words} (${key})`,
          onclick: () => view.act(name),
        },
        icon(sign),
        h("span", {}, words),
      );
    const clear = h(
      "button",
      { type: "button", class: "plain", "aria-label": "Select nothing", onclick: () => view.act("escape") },
      icon("cross"),
    );
    this.element = h(
      "section",
      { class: "many", hidden: true, "aria-label": "Selected photos" },
      clear,
      this.words,
      h("div", { class: "actions" }, ...ACTIONS.map(button)),
    );
  }

  refresh() {
    const { selected } = this.store;
    this.element.hidden = !selected;
    this.words.textContent = selected ? `${selected.toLocaleString("en")} selected` : "";
  }
}
