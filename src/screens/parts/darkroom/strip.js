// All photos of a group, small: each with its number and whether it stays. Some can be ticked, to be split off.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { _ } from "./language.js";

export class Strip {
  constructor({ urls, onShow, onToggle, onTicked }) {
    Object.assign(this, { urls, onShow, onToggle, onTicked });
    this.ticked = new Set();
    this.choosing = false;
    this.tiles = [];
    this.element = h("ol", { class: "strip", "aria-label": _("Photos of this group") });
    this.element.addEventListener("click", (event) => this.click(event));
    this.element.addEventListener("change", ({ target }) => this.tick(target.dataset.id, target.checked));
    this.element.addEventListener("error", ({ target }) => target.replaceWith(none()), true);
  }

  show(group) {
    this.group = group;
    this.ticked.clear();
    this.choosing = false;
    this.element.classList.remove("choosing");
    this.tiles = group.photos.map((photo, index) => this.tile(photo, index));
    this.element.replaceChildren(...this.tiles.map((tile) => tile.element));
    const { length } = group.photos;
    const columns = length === 3 ? 3 : length <= 4 ? 2 : length <= 9 ? 3 : length <= 16 ? 4 : 5;
    this.element.style.setProperty("--columns", columns);
    this.element.style.setProperty("--rows", Math.ceil(length / columns)); // so high that all rows are seen
    this.element.scrollTo(0, 0);
  }

  tile(photo, index) {
    const name = _("photo {index}: {name}", { index: index + 1, name: photo.name });
    const thumb = this.urls.thumb(photo);
    // The first ones are seen at once, the others when they are scrolled to.
    const loading = index < 12 ? "eager" : "lazy";
    const picture = thumb ? h("img", { src: thumb, alt: photo.name, loading, draggable: false }) : none();
    const show = h(
      "button",
      { class: "show", "aria-label": _("Show {name}", { name }), title: photo.name },
      picture,
      h("span", { class: "number", "aria-hidden": "true" }, String(index + 1), index === 0 && this.group.photos.length > 1 && !this.group.tie && icon("star")),
      h("span", { class: "going", "aria-hidden": "true" }, icon("cross")),
      photo.near && h("span", { class: "near" }, photo.near),
    );
    const keep = h("button", { class: "state" });
    const tick = h("input", {
      type: "checkbox",
      class: "tick",
      "aria-label": _("Select {name}", { name }),
      "data-id": photo.id,
    });
    return { element: h("li", { "data-index": index }, show, tick, keep), show, keep, tick, photo };
  }

  click(event) {
    const index = Number(event.target.closest("li")?.dataset.index);
    const tile = this.tiles[index];
    if (!tile || event.target === tile.tick) return;
    if (tile.keep.contains(event.target)) return this.onToggle(index);
    if (!tile.show.contains(event.target)) return;
    if (event.shiftKey || this.choosing) {
      if (!this.choosing) this.choose(true);
      tile.tick.checked = !tile.tick.checked;
      this.tick(tile.photo.id, tile.tick.checked);
    } else this.onShow(index);
  }

  tick(id, on) {
    if (on) this.ticked.add(id);
    else this.ticked.delete(id);
    this.onTicked();
  }

  choose(on) {
    if (on && this.group.photos.length < 3) return;
    this.choosing = on;
    this.ticked.clear();
    for (const { tick } of this.tiles) tick.checked = false;
    this.element.classList.toggle("choosing", on);
    this.onTicked();
  }

  mark(ids, done) {
    this.tiles.forEach(({ element, keep, photo }, index) => {
      const stays = ids.has(photo.id);
      element.classList.toggle("aside", !stays);
      dress(keep, photo, stays, _("Keep photo {index}: {name}", { index: index + 1, name: photo.name }), done);
    });
  }

  focus(index) {
    this.tiles.forEach(({ element, show }, at) => {
      element.classList.toggle("current", at === index);
      show.setAttribute("aria-current", String(at === index));
    });
    this.tiles[index].element.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function none() {
  return h("span", { class: "none" }, _("No preview"));
}

/** A button that says, and shows, whether a photo stays; `done`: the person has decided. */
export function dress(element, photo, stays, name, done) {
  const [sign, words] = photo.protected
    ? ["lock", _("Protected")]
    : stays
      ? ["check", done ? _("Kept") : _("Keep")]
      : ["cross", done ? _("Set aside") : _("Will go aside")];
  element.setAttribute("aria-label", photo.protected ? _("{name}. Protected, it always stays", { name }) : name);
  element.setAttribute("aria-pressed", String(stays));
  element.setAttribute("aria-disabled", String(photo.protected));
  if (element.dataset.state === words) return;
  element.dataset.state = words;
  element.replaceChildren(icon(sign), h("span", {}, words));
}
