// One photo as large as the window, looked at as close as one likes: wheel, pinch, drag and double tap.

import { Picture } from "../darkroom/compare_picture.js";
import { h } from "../darkroom/dom.js";
import * as geometry from "../darkroom/zoom.js";

const TWICE = 350; // milliseconds between the taps of a double tap
const STILL = 8; // pixels a finger may wander in a tap
const SWIPE = 60; // pixels that make a drag a swipe
const STEP = 1.4; // of a key

export class Stage {
  /** onSwipe(step) is told. */
  constructor(urls, onSwipe) {
    this.onSwipe = onSwipe;
    this.fingers = new Map();
    this.picture = new Picture(urls, () => this.place());
    this.note = h("p", { class: "stage-note", role: "status", hidden: true });
    this.element = h(
      "div",
      {
        class: "stage",
        onpointerdown: (event) => this.down(event),
        onpointermove: (event) => this.move(event),
        onpointerup: (event) => this.up(event),
        onpointercancel: (event) => this.up(event),
        onwheel: (event) => this.wheel(event),
      },
      this.picture.frame,
      this.note,
    );
    this.watch = new ResizeObserver(() => this.place());
    this.watch.observe(this.element);
  }

  show(photo, words) {
    this.photo = photo;
    this.view = geometry.WHOLE;
    this.fingers.clear();
    this.picture.frame.setAttribute("role", "img");
    this.picture.frame.setAttribute("aria-label", words);
    this.picture.show(photo);
    this.said = "";
    this.place();
  }

  /** Words under the photo, as that its original cannot be reached. */
  say(words) {
    this.said = words;
    this.place();
  }

  drop() {
    this.photo = null;
    this.picture.halt();
  }

  close() {
    this.watch.disconnect();
    this.picture.drop();
  }

  get box() {
    return { width: this.element.clientWidth || 1, height: this.element.clientHeight || 1 };
  }

  get shape() {
    return { width: this.photo.width || 4, height: this.photo.height || 3 };
  }

  get whole() {
    return this.view.zoom <= 1.01;
  }

  place() {
    if (!this.photo) return;
    const { box, shape } = this;
    const [fit, view] = [geometry.fitScale(box, shape), geometry.clamp(this.view, box, [shape])];
    const side = Math.max(shape.width, shape.height) * fit * view.zoom * window.devicePixelRatio;
    this.picture.need(side, view.zoom > 1.01);
    const { style } = this.picture.frame;
    style.width = `${shape.width * fit}px`;
    style.height = `${shape.height * fit}px`;
    style.transform = geometry.toTransform(view, box, shape);
    this.element.classList.toggle("closer", !this.whole);
    this.note.textContent = this.said || this.picture.note;
    this.note.hidden = !this.note.textContent;
  }

  // Closer, and back.

  zoom(factor, point = geometry.middle(this.box)) {
    const { box, shape } = this;
    const most = geometry.closest(box, [shape]);
    this.view = geometry.clamp(geometry.zoomAt(this.view, point, factor, box, shape, most), box, [shape], most);
    this.place();
  }

  closer() {
    this.zoom(STEP);
  }

  further() {
    this.zoom(1 / STEP);
  }

  /** To 100 %, or back to the whole. */
  hundred(point) {
    if (this.whole) this.zoom(geometry.hundred(this.box, this.shape), point);
    else {
      this.view = geometry.WHOLE;
      this.place();
    }
  }

  pan(dx, dy) {
    const { box, shape } = this;
    this.view = geometry.clamp(geometry.pan(this.view, dx, dy, box, shape), box, [shape]);
    this.place();
  }

  // Gestures.

  at(event) {
    const { left, top } = this.element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  wheel(event) {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode ? 30 : 1);
    this.zoom(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.002)), this.at(event));
  }

  down(event) {
    if (event.button || !this.photo) return;
    this.element.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, this.at(event));
    this.start = this.fingers.size === 1 ? this.at(event) : null; // null: two fingers are never a tap
  }

  move(event) {
    const [point, before] = [this.at(event), this.fingers.get(event.pointerId)];
    if (!before || !this.photo) return;
    const part = 1 / this.fingers.size;
    this.pan((point.x - before.x) * part, (point.y - before.y) * part);
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const middle = { x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 };
      this.zoom(apart(point, other) / Math.max(apart(before, other), 1), middle);
    }
    this.fingers.set(event.pointerId, point);
  }

  up(event) {
    if (!this.fingers.delete(event.pointerId) || event.type === "pointercancel" || !this.start) return;
    const point = this.at(event);
    const [dx, dy] = [point.x - this.start.x, point.y - this.start.y];
    if (apart(point, this.start) <= STILL) {
      const twice = event.timeStamp - (this.tapped ?? -TWICE) < TWICE;
      this.tapped = twice ? undefined : event.timeStamp;
      if (twice) this.hundred(point);
    } else if (this.whole && Math.abs(dx) > SWIPE && Math.abs(dx) > 2 * Math.abs(dy)) this.onSwipe(dx < 0 ? 1 : -1);
  }
}

function apart(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
