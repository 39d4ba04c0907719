// One pane of the comparison: a photo, what is known of it, and the gestures on it.

import { Picture } from "./compare_picture.js";
import { h } from "./dom.js";
import { clamp, fitScale, toTransform } from "./zoom.js";

const TWICE = 350; // milliseconds between the taps of a double tap
const STILL = 8; // pixels a finger may wander in a tap
const SWIPE = 60; // pixels that turn a drag into "the next one"
const PERCENT = "At 100 %, one pixel of the photo takes one pixel (CSS) of the screen";
const TAIL = 18; // characters of a name that are always seen; copies differ at the end

export class Pane {
  constructor(compare) {
    this.compare = compare;
    this.fingers = new Map();
    this.picture = new Picture(compare.urls, () => this.place());
    this.over = null; // the recommended photo, laid over this one to see the difference
    this.readout = h("span", { class: "compare-readout", title: PERCENT });
    this.note = h("span", { class: "compare-note", hidden: true });
    this.badge = h("span", { class: "compare-badge" });
    const toggle = () => compare.toggle(this.photo);
    this.keep = h("button", { type: "button", class: "compare-keep", onclick: toggle });
    this.name = h("div", { class: "compare-name" });
    this.facts = h("ul", { class: "compare-facts", tabIndex: 0, "aria-label": "Differences" });
    const gestures = {
      onpointerdown: (event) => this.down(event),
      onpointermove: (event) => this.move(event),
      onpointerup: (event) => this.up(event),
      onpointercancel: (event) => this.up(event),
      onpointerleave: () => (compare.pointer = null),
      onwheel: (event) => this.wheel(event),
    };
    this.stage = h("div", { class: "compare-stage", ...gestures }, this.picture.frame);
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
    this.element.setAttribute("aria-label", `Photo ${number}${first ? ", recommended" : ""}: ${photo.name}`);
    this.badge.replaceChildren(
      h("b", {}, number),
      ...(first ? [h("span", {}, "★", h("i", {}, " Recommended"))] : []),
    );
    const words = photo.protected ? "✓ Protected: stays" : kept ? "✓ Keep" : "✕ Set aside";
    this.keep.replaceChildren(words);
    this.keep.setAttribute("aria-pressed", String(kept || photo.protected));
    const now = kept ? "" : "; now: Set aside";
    this.keep.setAttribute("aria-label", photo.protected ? words : `Keep photo ${number}${now}`);
    this.keep.setAttribute("aria-disabled", String(photo.protected));
    this.keep.title = photo.protected
      ? "This photo is in a protected folder and always stays"
      : `Press to ${kept ? "set it aside" : "keep it"} (Space or ${number})`;
    this.facts.replaceChildren(
      ...differing(photo, among).map(({ label, value, best }) =>
        h("li", {}, h("span", {}, label), ` ${value}`, best && h("b", {}, " ▲ best")),
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
    this.readout.textContent = this.photo.width ? `${Math.round(fit * view.zoom * 100)} % of ${size}` : "";
    this.note.textContent = this.picture.note;
    this.note.hidden = !this.note.textContent;
  }

  drop() {
    this.lay(null);
    this.picture.drop();
    this.element.remove();
  }

  // Gestures. One finger or the mouse drags, two pinch, a double tap goes to 100 % and back, a swipe flips.

  at(event) {
    const { left, top } = this.stage.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  wheel(event) {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode ? 30 : 1);
    const pace = event.ctrlKey ? 0.01 : 0.002; // with ctrl: two fingers on a touchpad, in small steps
    this.compare.zoom(this, this.at(event), Math.exp(-pixels * pace));
  }

  down(event) {
    if (event.button) return;
    this.stage.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, this.at(event));
    this.start = this.fingers.size === 1 ? this.at(event) : null; // null: two fingers are never a tap
    this.compare.activate(this);
  }

  move(event) {
    const point = this.at(event);
    const before = this.fingers.get(event.pointerId);
    this.compare.pointer = { pane: this, point };
    if (this.compare.loupe && event.pointerType === "mouse") this.compare.look(this, point);
    else if (before) {
      const part = 1 / this.fingers.size;
      this.compare.pan(this, (point.x - before.x) * part, (point.y - before.y) * part);
      const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const middle = { x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 };
        this.compare.zoom(this, middle, distance(point, other) / Math.max(distance(before, other), 1));
      }
    }
    if (before) this.fingers.set(event.pointerId, point);
  }

  up(event) {
    if (!this.fingers.delete(event.pointerId) || event.type === "pointercancel" || !this.start) return;
    const point = this.at(event);
    const [dx, dy] = [point.x - this.start.x, point.y - this.start.y];
    if (distance(point, this.start) <= STILL) {
      const twice = event.timeStamp - (this.tapped ?? -TWICE) < TWICE;
      this.tapped = twice ? undefined : event.timeStamp;
      if (twice) this.compare.hundred(this, point);
    } else if (event.pointerType === "touch" && this.compare.view.zoom <= 1.01) {
      if (Math.abs(dx) > SWIPE && Math.abs(dx) > 2 * Math.abs(dy)) this.compare.flip(dx < 0 ? 1 : -1);
    }
  }
}

/** Of a photo whose size is not known, a likely one. */
export function shape({ width, height }) {
  return { width: width || 4, height: height || 3 };
}

function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
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
    return [{ label, value: value || "not known", best }];
  });
}
