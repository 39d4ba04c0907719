// What is said where there are no photos.

import { h } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { _ } from "../darkroom/language.js";
import { photos } from "./words.js";

const FOUND = _("No photo of the library meets all of this.");

export function empty({ book, filtered }, onAll, search) {
  if (filtered) {
    const all = h("button", { onclick: onAll }, _("Show all photos"));
    if (book.search?.error) return said("loupe", _("Not understood"), book.search.error, all);
    if (book.search) {
      const why = book.search.notes[0] ? `${book.search.notes[0]}.` : FOUND;
      return said("loupe", _("Nothing found"), why, ...without(book.search.without, search), all);
    }
    return said("loupe", _("No photo matches"), _("No photo of the library has all of these marks."), all);
  }
  if (!book.folders.length)
    return said(
      "folder",
      _("No folder is in the library yet"),
      _("Add a folder with photos. Unipic reads it, leaves every file as it is, and shows its photos here."),
      h("a", { href: "/folders" }, _("Library folders")),
    );
  return said(
    "started",
    _("No photos yet"),
    _("The folders of the library have no photos that were read. Photos appear here while a folder is read."),
  );
}

/** Which conditions emptied the answer: without them there are photos. */
function without(chips, search) {
  return chips.map((chip) =>
    h(
      "button",
      { onclick: () => search.replace(chip, "") },
      _("Without {label}: {photos}", { label: chip.label, photos: photos(chip.photos) }),
    ),
  );
}

function said(sign, title, words, ...more) {
  return h("div", { class: "empty" }, icon(sign), h("h2", {}, title), h("p", { class: "quiet" }, words), ...more);
}
