// The buttons above the comparison, and the small pictures of all photos below it.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { _ } from "./language.js";

export class Bar {
  constructor(compare) {
    this.compare = compare;
    this.segments = compare.layouts.map((panes) => {
      const shown = Math.min(panes, compare.photos.length);
      const label = shown === 1 ? _("One photo, to flip through (V)") : _("{shown} photos side by side (V)", { shown });
      return button(shown, label, () => compare.choose(panes));
    });
    this.fit = button("", "", () => compare.hundred(compare.active), "compare-fit");
    const half = h("span", { class: "compare-icon", "aria-hidden": "true" });
    this.differ = button([half, long(_("Difference"))], "", () => compare.difference(), "compare-differ");
    const loupe = _("Loupe: the pointer moves a 100 % view (L)");
    this.loupe = button(_("Loupe"), loupe, () => compare.magnifier(), "compare-loupe");
    const where = _("Details: where the photos differ (I)");
    this.details = button([icon("info"), long(_("Details"))], where, () => compare.toggleDetails());
    const informed = compare.dialog.classList.contains("compare-informed");
    this.details.setAttribute("aria-pressed", String(informed));
    this.whereabouts = h("span", { class: "compare-where" });
    this.accept = button("", "", () => compare.act("accept"), "compare-accept");
    this.element = h(
      "div",
      { class: "compare-bar" },
      segments(_("Photos shown at once"), this.segments),
      segments(_("Zoom"), [
        button("−", _("Smaller (−)"), () => compare.closer(-1), "compare-step"),
        this.fit,
        button("+", _("Larger (+)"), () => compare.closer(1), "compare-step"),
      ]),
      this.differ,
      this.loupe,
      this.details,
      h(
        "div",
        { class: "compare-group" },
        button(icon("left"), _("Previous group (K)"), () => compare.act("previousGroup")),
        this.whereabouts,
        button(icon("right"), _("Next group (J)"), () => compare.act("nextGroup")),
        button(icon("undo"), _("Undo (U)"), () => compare.act("undo")),
        this.accept,
      ),
      button("?", _("Help: shortcuts (?)"), () => compare.help(), "compare-help"),
      button("✕", _("Close (Esc)"), () => compare.close(), "compare-close"),
    );
  }

  place(view) {
    const closer = view.zoom > 1.01;
    if (closer === this.closer) return;
    this.closer = closer;
    this.fit.replaceChildren(...(closer ? [long(`${_("Show")} `), _("whole")] : [long(`${_("Zoom to")} `), "100 %"]));
    name(this.fit, closer ? _("Show the whole photo (Z)") : _("Zoom to 100 %: a pixel of the photo on each of the screen (Z)"));
  }

  /** Where the group is, and what accepting does. */
  describeGroup(where, all) {
    this.whereabouts.textContent = where;
    const words = all ? _("Keep all") : _("Accept");
    const next = all
      ? _("Keep all and compare the next group (Enter)")
      : _("Accept and compare the next group (Enter)");
    this.accept.replaceChildren("✓ ", words);
    name(this.accept, next);
  }

  describe(difference) {
    const { layouts, layout, loupe, why } = this.compare;
    this.segments.forEach((one, i) => one.setAttribute("aria-pressed", String(layouts[i] === layout)));
    this.loupe.setAttribute("aria-pressed", String(loupe));
    this.differ.setAttribute("aria-pressed", String(difference));
    // Not "disabled": a button that can still be reached can still say why it does nothing.
    this.differ.setAttribute("aria-disabled", String(Boolean(why)));
    this.differ.title = why || _("Difference to the recommended photo, brightened: black where they agree (D)");
    this.differ.setAttribute("aria-label", why ? _("Difference: {why}", { why }) : _("Difference"));
  }
}

export class Strip {
  constructor(compare) {
    this.compare = compare;
    this.thumbs = compare.photos.map((photo, index) => {
      const address = compare.urls.thumb(photo);
      const image = address && h("img", { alt: "", loading: "lazy", src: address });
      const thumb = button(h("b", {}, index + 1), "", () => compare.put(index));
      thumb.title = photo.name;
      if (image) thumb.prepend(image);
      return thumb;
    });
    const label = _("All photos of the group");
    this.element = h("div", { class: "compare-strip", role: "group", "aria-label": label }, this.thumbs);
  }

  describe(shown, kept, active) {
    const { photos } = this.compare;
    photos.forEach((photo, index) => {
      const thumb = this.thumbs[index];
      const stays = photo.protected || kept.has(photo.id);
      thumb.setAttribute("aria-pressed", String(shown.includes(photo)));
      thumb.setAttribute("aria-label", stays ? _("Photo {index}, kept: {name}", { index: index + 1, name: photo.name }) : _("Photo {index}, set aside: {name}", { index: index + 1, name: photo.name }));
      thumb.classList.toggle("compare-aside", !stays);
    });
    this.element.hidden = shown.length === photos.length;
    this.thumbs[photos.indexOf(active)].scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function segments(label, buttons) {
  return h("div", { class: "compare-segments", role: "group", "aria-label": label }, buttons);
}

function button(words, label, act, style) {
  const attributes = { "aria-label": label, title: label, class: style, onclick: act };
  return h("button", attributes, ...[words].flat());
}

function name(element, words) {
  element.title = words;
  element.setAttribute("aria-label", words);
}

/** Words for which a narrow screen has no room. */
function long(words) {
  return h("span", { class: "compare-long" }, words);
}
