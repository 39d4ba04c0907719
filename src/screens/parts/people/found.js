// Photos of the person in a picture that is not in the library: those that surely show her, then those that may.

import { count, h, refill } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { _ } from "../darkroom/language.js";
import { faceOf } from "./face.js";

export class Found {
  /** page: store, back(), go(where). */
  constructor(page) {
    this.page = page;
    this.element = h("section", { "aria-label": _("Found by a picture") });
  }

  /** `faces`: those in the file, each with its box and photos. */
  show(file, faces) {
    URL.revokeObjectURL(this.src);
    Object.assign(this, { src: URL.createObjectURL(file), faces });
    this.draw(faces[0]);
    this.element.querySelector("button").focus();
  }

  draw(face) {
    const [sure, perhaps] = [true, false].map((sure) => face.photos.filter((one) => one.sure === sure));
    const choose = this.faces.map((one, at) =>
      h("button", { class: "chip", "aria-label": _("Face {at}", { at: at + 1 }), "aria-pressed": String(one === face), onclick: () => this.draw(one) }, faceOf({ ...one, src: this.src })),
    );
    const album = async () => {
      const run = await this.page.store.album(sure.map(({ digest }) => digest));
      if (run) this.page.go({ run });
    };
    refill(
      this.element,
      h("button", { class: "plain", onclick: () => this.page.back() }, icon("left"), _("Everybody")),
      h("div", { class: "bar" }, ...choose, h("h2", {}, sure.length ? _("{photos} of this person", { photos: count(sure.length, "photo") }) : _("No photo surely shows this person"))),
      h("p", { class: "quiet" }, _("The picture was not kept.")),
      sure.length > 0 && h("button", { class: "strong", onclick: album }, icon("export"), _("Make an album")),
      wall(sure),
      perhaps.length > 0 && h("details", {}, h("summary", {}, _("{photos} that may", { photos: count(perhaps.length, "photo") })), wall(perhaps)),
    );
  }
}

function wall(photos) {
  const cell = ({ digest, likeness }, at) =>
    h("a", { href: `/unipic/view/library/${digest}`, target: "_blank", rel: "noopener" }, h("img", { src: `/unipic/thumb/library/${digest}`, alt: _("Photo {at}, {likeness} % like", { at: at + 1, likeness }), loading: "lazy" }));
  return h("ul", { class: "faces photos" }, ...photos.map((one, at) => h("li", {}, cell(one, at))));
}
