// A photo on the screen that sharpens by itself: the thumbnail at once, then 2048 pixels, then the original
// when someone looks that close. What is seen stays until the sharper one is ready to be painted.

import { h } from "./dom.js";
import { _ } from "./language.js";
import { decoded } from "./pictures.js";

const LEVELS = ["thumb", "view", "full"];
const [, VIEW, FULL] = LEVELS.keys();
const VIEW_SIDE = 2048;

export class Picture {
  /** changed() is called when what can be seen, or said about it, is another. */
  constructor(urls, changed = () => {}) {
    this.urls = urls;
    this.changed = changed;
    this.frame = h("div", { class: "compare-picture" });
    this.coming = new Map();
    this.spare = null; // the photo shown before this one, for going to and fro
  }

  show(photo) {
    if (photo === this.photo) return;
    const { level, failed, image } = this;
    const before = this.photo && { photo: this.photo, level, failed, image };
    this.halt();
    const again = this.spare?.photo === photo ? this.spare : null;
    if (!again) release(this.spare?.image);
    this.spare = before;
    Object.assign(this, again ?? { photo, level: -1, failed: new Set(), image: null });
    this.frame.replaceChildren(...(this.image ? [this.image] : []));
    for (const level of [0, VIEW]) if (level > this.level) this.load(level);
  }

  /** Ask for the original if a long side of so many pixels of the screen shows more than there is. */
  need(side, closer) {
    const { photo } = this;
    const long = Math.max(photo.width, photo.height);
    this.short = this.failed.has(VIEW) || (closer && side > Math.min(VIEW_SIDE, long));
    if (this.short && photo.showable && this.level < FULL && !this.failed.has(FULL)) this.load(FULL);
  }

  get note() {
    if (this.level < 0 && !this.coming.size) return _("No picture of this photo can be shown here");
    const never = this.photo?.showable ? this.failed?.has(FULL) : true;
    return this.short && never ? _("The original cannot be shown here") : "";
  }

  async load(level) {
    if (this.coming.has(level)) return;
    const image = h("img", { alt: "", src: this.urls[LEVELS[level]](this.photo) || null });
    this.coming.set(level, image);
    const fine = await decoded(image);
    if (this.coming.get(level) !== image) return; // another photo is shown meanwhile
    this.coming.delete(level);
    if (!fine) this.failed.add(level);
    else if (level > this.level) {
      this.frame.replaceChildren(image);
      release(this.image);
      Object.assign(this, { image, level });
    }
    this.changed();
  }

  /** What a film shows at a time, in seconds, in place of its one picture. */
  async moment(seconds) {
    const { photo } = this;
    const image = h("img", { alt: "", src: this.urls.frame(photo, seconds) });
    this.asked = image;
    const fine = await decoded(image);
    if (!fine || this.photo !== photo || this.asked !== image) return; // it was moved on meanwhile
    this.frame.replaceChildren(image);
    release(this.image);
    Object.assign(this, { image, level: VIEW });
    this.changed();
  }

  halt() {
    for (const image of this.coming.values()) release(image);
    this.coming.clear();
  }

  drop() {
    this.halt();
    release(this.image);
    release(this.spare?.image);
    this.photo = this.image = this.spare = null;
    this.frame.remove();
  }
}

/** Browsers keep a picture's pixels as long as something still names its source. */
function release(image) {
  image?.removeAttribute("src");
}
