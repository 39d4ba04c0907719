// One photo of the grid: its thumbnail, a tick to select it, and signs of what it is. Cells are used again and again.

import { h } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { _ } from "../darkroom/language.js";
import { label } from "./words.js";

export class Cell {
  constructor() {
    this.image = h("img", { alt: "", draggable: false, decoding: "async" });
    this.image.onload = () => this.element.classList.add("there");
    this.image.onerror = () => this.source && this.element.classList.add("none");
    this.signs = h("span", { class: "signs" });
    this.element = h(
      "div",
      { class: "cell", role: "option", tabIndex: -1 },
      this.image,
      this.signs,
      h("span", { class: "tick" }, icon("check")),
    );
    this.element.cell = this;
  }

  /** Be the cell of this position, there. */
  place(position, { x, y }, size, total) {
    const { element } = this;
    this.position = position;
    this.photo = undefined;
    element.style.transform = `translate(${x}px, ${y}px)`;
    if (this.size !== size) element.style.width = element.style.height = `${(this.size = size)}px`;
    element.setAttribute("aria-posinset", position + 1);
    element.setAttribute("aria-setsize", total);
  }

  /** Show the photo; undefined: it is not here yet. */
  show(photo, address) {
    const { element } = this;
    if (this.photo === photo && photo !== undefined) {
      this.load(address);
      return;
    }
    this.photo = photo;
    element.setAttribute("aria-label", photo ? label(photo) : photo === null ? _("No longer there") : _("Loading"));
    element.classList.toggle("none", photo === null);
    this.mark();
    this.load(address);
  }

  /** What is special about it, for eyes. */
  mark() {
    const { photo } = this;
    const words = photo ? photo.kind : [];
    const signs = [
      ...words.map((word) => h("span", { class: "sign" }, word === "Live Photo" ? _("Live") : word)),
      photo?.more > 0 && h("span", { class: "sign", title: _("Copies and shots of the same burst") }, `+${photo.more}`),
      photo?.favourite && h("span", { class: "sign heart" }, icon("heart")),
    ].filter(Boolean);
    if (signs.length || this.signs.firstChild) this.signs.replaceChildren(...signs);
    if (photo) this.element.setAttribute("aria-label", label(photo));
    this.element.title = photo?.why ?? "";
  }

  /** Fetch this picture; "" fetches none. */
  load(address) {
    if (this.source === address) return;
    this.source = address;
    this.element.classList.remove("there");
    if (address) this.image.src = address;
    else this.image.removeAttribute("src"); // what is on its way is no longer waited for
  }

  select(on, current) {
    const { element } = this;
    if (this.selected !== on) element.setAttribute("aria-selected", String((this.selected = on)));
    if (element.tabIndex !== (current ? 0 : -1)) element.tabIndex = current ? 0 : -1;
  }
}
