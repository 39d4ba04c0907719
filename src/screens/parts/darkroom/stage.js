// The large photo: its thumbnail at once, the sharp picture after a moment of rest, and a finger that keeps or sets aside.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { _ } from "./language.js";
import { decoded } from "./pictures.js";

const REST = 150; // milliseconds on a photo before the sharp picture is asked for: walking by asks for none
const FAR = 80; // pixels a finger has to go
const CLEAR = 12; // pixels until it is clear whether a finger swipes or scrolls

export class Stage {
  constructor({ pictures, urls, onShown, onSwipe, onOpen }) {
    Object.assign(this, { pictures, urls, onShown, onSwipe });
    this.place = h("div", { class: "place" });
    this.hint = h("div", { class: "swiped", hidden: true, "aria-hidden": "true" });
    this.badge = h("p", { class: "badge recommended" }, icon("star"), _("Recommended"));
    this.going = h("p", { class: "badge going", hidden: true }, icon("cross"), h("span", {}));
    this.tip = h("p", { class: "tip" }, _("Swipe right to keep, left to set aside")); // seen by a finger, until it has
    this.element = h(
      "div",
      { class: "stage", onclick: () => this.swiping || onOpen() },
      this.place,
      this.badge,
      this.going,
      this.tip,
      this.hint,
    );
    this.listen();
  }

  show(photo, recommended) {
    this.stop();
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const current = () => turn === this.turn;
    this.photo = photo;
    this.badge.hidden = !recommended;
    const thumb = this.urls.thumb(photo);
    const found = thumb && this.pictures.get(thumb);
    if (found?.done) this.put(found.image);
    else this.place.replaceChildren(h("p", { class: "none" }, found ? _("Loading…") : _("No preview")));
    const drawn = found ? found.ready : Promise.resolve(false);
    drawn.then((good) => {
      if (!current()) return;
      if (good && !this.sharp) this.put(found.image);
      else if (!good && !this.sharp) this.place.replaceChildren(h("p", { class: "none" }, _("No preview")));
      requestAnimationFrame(() => current() && this.onShown());
    });
    this.resting = setTimeout(() => this.sharpen(photo, current), REST);
  }

  /** Whether the photo stays, and whether that is decided. */
  mark(stays, done) {
    this.going.hidden = stays;
    this.going.lastChild.textContent = done ? _("Set aside") : _("Will be set aside");
  }

  /** One at a time and never kept: what was moved on from is no longer waited for. */
  async sharpen(photo, current) {
    const image = (this.coming = new Image());
    image.draggable = false;
    image.src = this.urls.view(photo);
    const good = await decoded(image);
    if (!current()) return;
    this.coming = null;
    if (good) this.put((this.sharp = image));
  }

  put(image) {
    if (image.parentNode === this.place) return;
    image.alt = this.photo.name;
    image.className = "large";
    this.place.replaceChildren(image);
  }

  stop() {
    clearTimeout(this.resting);
    if (this.coming) this.coming.src = "";
    this.coming = this.sharp = null;
    this.turn = (this.turn ?? 0) + 1;
  }

  // A finger: right keeps, left sets aside. Up and down scrolls, two fingers zoom, as everywhere.

  listen() {
    const on = (type, act) => this.element.addEventListener(type, act);
    on("pointerdown", (event) => {
      this.swiping = false;
      if (event.pointerType === "mouse") return;
      this.from = event.isPrimary ? { id: event.pointerId, x: event.clientX, y: event.clientY } : null;
      if (!event.isPrimary) this.drag(0);
    });
    on("pointermove", (event) => {
      if (event.pointerId !== this.from?.id) return;
      const [x, y] = [event.clientX - this.from.x, event.clientY - this.from.y];
      if (!this.swiping && Math.abs(x) > CLEAR && Math.abs(x) > Math.abs(y)) {
        this.swiping = true;
        this.element.setPointerCapture(event.pointerId);
      }
      if (this.swiping) this.drag(x);
    });
    // Otherwise a finger lifted in motion leaves the browser rolling on, and it takes the next tap for a stop.
    for (const type of ["touchmove", "touchend"])
      on(type, (event) => this.swiping && event.cancelable && event.preventDefault());
    on("pointerup", (event) => {
      const x = event.pointerId === this.from?.id && this.swiping ? event.clientX - this.from.x : 0;
      this.from = null;
      this.drag(0);
      if (Math.abs(x) < FAR) return;
      this.tip.remove();
      this.onSwipe(this.photo, x > 0);
    });
    on("pointercancel", () => ((this.from = null), this.drag(0)));
  }

  drag(x) {
    this.place.style.transform = x ? `translateX(${x}px) rotate(${x / 60}deg)` : "";
    this.hint.hidden = Math.abs(x) < CLEAR;
    if (this.hint.hidden) return;
    const stays = x < 0 && this.photo.protected;
    const words = stays ? _("Protected: it stays") : x > 0 ? _("Keep") : _("Set aside");
    if (this.hint.textContent !== words) {
      this.hint.replaceChildren(icon(stays ? "lock" : x > 0 ? "check" : "cross"), words);
    }
    this.hint.classList.toggle("left", x < 0);
    this.hint.classList.toggle("enough", Math.abs(x) >= FAR && !stays);
  }
}
