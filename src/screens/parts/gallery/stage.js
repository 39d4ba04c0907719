// One photo as large as the window, looked at as close as one likes: wheel, pinch, drag and double tap.

import { Picture } from "../darkroom/compare_picture.js";
import { h } from "../darkroom/dom.js";
import { Fingers } from "../darkroom/fingers.js";
import * as geometry from "../darkroom/zoom.js";

const STEP = 1.4; // of a key

export class Stage {
  /** onSwipe(step) is told. */
  constructor(urls, onSwipe) {
    this.picture = new Picture(urls, () => this.place());
    this.note = h("p", { class: "stage-note", role: "status", hidden: true });
    this.part = h("div", { class: "part", "aria-hidden": "true" }); // where what was searched for was found
    this.boxes = h("div", { class: "boxes" }); // of faces
    this.over = h("div", { class: "compare-picture over" }, this.part, this.boxes);
    this.element = h("div", { class: "stage" }, this.picture.frame, this.over, this.note);
    this.fingers = new Fingers(this.element, {
      pan: (dx, dy) => this.pan(dx, dy),
      zoom: (factor, point) => this.zoom(factor, point),
      twice: (point) => this.hundred(point),
      swipe: (step) => this.whole && onSwipe(step),
    });
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
    this.part.hidden = !photo.part;
    if (photo.part) {
      const [left, top, right, bottom] = photo.part.map((share) => `${100 * share}%`);
      this.part.style.inset = `${top} calc(100% - ${right}) calc(100% - ${bottom}) ${left}`;
    }
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
    const transform = geometry.toTransform(view, box, shape);
    for (const { style } of [this.picture.frame, this.over])
      Object.assign(style, { width: `${shape.width * fit}px`, height: `${shape.height * fit}px`, transform });
    this.element.classList.toggle("closer", !this.whole);
    this.note.textContent = this.said || this.picture.note;
    this.note.hidden = !this.note.textContent;
  }

  // Closer, and back.

  zoom(factor, point = geometry.middle(this.box)) {
    if (!this.photo) return;
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
    if (!this.photo) return;
    const { box, shape } = this;
    this.view = geometry.clamp(geometry.pan(this.view, dx, dy, box, shape), box, [shape]);
    this.place();
  }
}
