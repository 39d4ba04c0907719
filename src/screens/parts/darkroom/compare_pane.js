// One pane of the comparison: a photo, what is known of it, and what the gestures on it do.

import { Picture } from "./compare_picture.js";
import { h } from "./dom.js";
import { Fingers } from "./fingers.js";
import { _ } from "./language.js";
import { clamp, fitScale, toTransform } from "./zoom.js";

const PERCENT = _("At 100 %, one pixel of the photo takes one pixel (CSS) of the screen");
const TAIL = 18; // characters of a name that are always seen; copies differ at the end

export class Pane {
  constructor(compare) {
    this.compare = compare;
    this.picture = new Picture(compare.urls, () => this.place());
    this.over = null; // the recommended photo, laid over this one to see the difference
    this.readout = h("span", { class: "compare-readout", title: PERCENT });
    this.note = h("span", { class: "compare-note", hidden: true });
    this.badge = h("span", { class: "compare-badge" });
    const toggle = () => compare.toggle(this.photo);
    this.keep = h("button", { class: "compare-keep", onclick: toggle });
    this.name = h("div", { class: "compare-name" });
    this.facts = h("ul", { class: "compare-facts", tabIndex: 0, "aria-label": _("Differences") });
    this.stage = h("div", { class: "compare-stage", onpointerleave: () => (compare.pointer = null) }, this.picture.frame);
    new Fingers(this.stage, {
      pan: (dx, dy) => compare.pan(this, dx, dy),
      zoom: (factor, point) => compare.zoom(this, point, factor),
      twice: (point) => compare.hundred(this, point),
      swipe: (step, { pointerType }) => pointerType === "touch" && compare.view.zoom <= 1.01 && compare.flip(step),
      down: () => compare.activate(this),
      hover: (point, event) => this.hover(point, event),
    });
    this.element = h(
      "section",
      { class: "compare-pane", role: "group", tabIndex: 0, onfocusin: () => compare.activate(this) },
      this.stage,
      h("div", { class: "compare-head" }, this.badge, this.keep),
      this.note,
      h("div", { class: "compare-under" }, this.name, this.readout, this.facts),
    );
  }

  show(photo) {
    this.photo = photo;
    this.shape = shape(photo);
    this.picture.show(photo);
    const letters = Array.from(photo.name);
    const tail = letters.splice(-TAIL).join("");
    this.name.replaceChildren(h("span", {}, letters.join("")), h("span", {}, tail));
    this.name.title = photo.name;
  }

  /** Words: the photo's number, whether it stays, and what sets it apart. */
  describe(number, kept, among) {
    const { photo } = this;
    const first = number === 1 && !this.compare.group.tie;
    const values = { number, name: photo.name };
    const name = first ? _("Photo {number}, recommended: {name}", values) : _("Photo {number}: {name}", values);
    this.element.setAttribute("aria-label", name);
    this.badge.replaceChildren(
      h("b", {}, number),
      ...(first ? [h("span", {}, "★", h("i", {}, " ", _("Recommended")))] : []),
    );
    const words = photo.protected ? _("✓ Protected: stays") : kept ? _("✓ Keep") : _("✕ Set aside");
    this.keep.replaceChildren(words);
    this.keep.setAttribute("aria-pressed", String(kept || photo.protected));
    const label = kept ? _("Keep photo {number}", { number }) : _("Keep photo {number}; now: Set aside", { number });
    this.keep.setAttribute("aria-label", photo.protected ? words : label);
    this.keep.setAttribute("aria-disabled", String(photo.protected));
    this.keep.title = photo.protected
      ? _("This photo is in a protected folder and always stays")
      : kept
        ? _("Press to set it aside (Space or {number})", { number })
        : _("Press to keep it (Space or {number})", { number });
    this.facts.replaceChildren(
      ...differing(photo, among).map(({ label, value, best }) =>
        h("li", {}, h("span", {}, label), ` ${value}`, best && h("b", {}, " ▲ ", _("best"))),
      ),
    );
  }

  lay(photo) {
    if (!photo) {
      this.over?.drop();
      this.over = null;
    } else if (!this.over) {
      this.over = new Picture(this.compare.urls, () => this.place());
      this.over.frame.classList.add("compare-over");
      this.stage.append(this.over.frame);
    }
    this.over?.show(photo);
    this.stage.classList.toggle("compare-difference", Boolean(photo));
  }

  measure() {
    this.box = { width: this.stage.clientWidth || 1, height: this.stage.clientHeight || 1 };
  }

  /** The view as this photo can follow it. */
  get view() {
    return clamp(this.compare.view, this.box, [this.shape]);
  }

  place() {
    if (!this.box || !this.photo) return;
    const { view, shape, box } = this;
    const fit = fitScale(box, shape);
    for (const picture of [this.picture, this.over]) {
      if (!picture) continue;
      const side = Math.max(shape.width, shape.height) * fit * view.zoom * window.devicePixelRatio;
      picture.need(side, view.zoom > 1.01);
      picture.frame.style.width = `${shape.width * fit}px`;
      picture.frame.style.height = `${shape.height * fit}px`;
      picture.frame.style.transform = toTransform(view, box, shape);
    }
    const size = `${shape.width} × ${shape.height}`;
    this.readout.textContent = this.photo.width ? _("{percent} % of {size}", { percent: Math.round(fit * view.zoom * 100), size }) : "";
    this.note.textContent = this.picture.note;
    this.note.hidden = !this.note.textContent;
  }

  drop() {
    this.lay(null);
    this.picture.drop();
    this.element.remove();
  }

  /** The pointer over the photo; true if the loupe takes the movement. */
  hover(point, { pointerType }) {
    this.compare.pointer = { pane: this, point };
    const looks = this.compare.loupe && pointerType === "mouse";
    if (looks) this.compare.look(this, point);
    return looks;
  }
}

/** Of a photo whose size is not known, a likely one. */
export function shape({ width, height }) {
  return { width: width || 4, height: height || 3 };
}

/** The facts in which photos differ, as one has them; best: better than another, and as good as any. */
function differing(photo, among) {
  return photo.facts.flatMap(([label, value, number, better], row) => {
    const facts = among.map((other) => other.facts[row] ?? []);
    if (facts.every(([, words]) => words === value)) return [];
    const known = facts.map((fact) => fact[2]).filter((each) => typeof each === "number");
    const scores = known.map((each) => each * better);
    const mine = typeof number === "number" ? number * better : NaN;
    const best = better !== 0 && mine === Math.max(...scores) && mine > Math.min(...scores);
    return [{ label, value: value || _("not known"), best }];
  });
}
