// What is known of one photo, and what people say of it: tags, albums, a note.

import { bare } from "../darkroom/button.js";
import { h, refill } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { _ } from "../darkroom/language.js";
import { longDay, nameOf } from "./words.js";

const WORDS = { tag: [_("Tags"), _("Add a tag")], album: [_("Albums"), _("Put into an album")] };

export class Info {
  /**
   * onMark(said) sends what is said, and gives whether it was taken; after a tag or album the photo is shown anew.
   * onSearch(words) searches for a line in the photo.
   */
  constructor(store, { onMark, onSearch, onClose }) {
    Object.assign(this, { store, onMark, onSearch });
    this.content = h("div", { class: "content" });
    const close = bare("cross", _("Close the information"), onClose);
    this.element = h(
      "aside",
      { class: "info", hidden: true, "aria-label": _("Information") },
      h("header", {}, h("h2", {}, _("Information")), close),
      this.content,
    );
  }

  wait() {
    this.digest = "";
    this.content.replaceChildren(h("p", { class: "quiet" }, _("Loading…")));
  }

  /** The full facts of a photo; null: they could not be fetched. */
  show(photo) {
    this.digest = photo?.digest;
    if (!photo) return refill(this.content, h("p", {}, _("This photo is no longer in the library.")));
    const day = photo.taken.slice(0, 10);
    refill(
      this.content,
      h("p", { class: "name" }, nameOf(photo)),
      h("p", { class: "quiet" }, day ? `${longDay(day)}, ${photo.taken.slice(11, 16)}` : _("No date")),
      this.names("tag", photo.tags, this.store.book.tags.map(([name]) => name)),
      this.names("album", photo.albums, this.store.book.albums.map(({ name }) => name)),
      this.noteOf(photo),
      photo.lines.length > 0 && section(_("Words in the picture"), this.linesOf(photo)),
      section(_("Details"), h("dl", {}, ...photo.facts.map(([label, words]) => pair(label, words)))),
      section(photo.places.length > 1 ? _("{n} identical files", { n: photo.places.length }) : _("File"), list(photo.places)),
      photo.immich && h("p", {}, h("a", { href: photo.immich, target: "_blank", rel: "noreferrer" }, _("Open in Immich"))),
      photo.companions.length > 0 &&
        section(
          _("Comes with"),
          h("dl", {}, ...photo.companions.map(([what, name]) => pair(what, nameOf({ name })))),
        ),
    );
  }

  names(kind, there, known) {
    const [title, adding] = WORDS[kind];
    const id = `info-${kind}`;
    const field = h("input", { type: "text", maxLength: 100, autocomplete: "off", "aria-label": adding });
    field.setAttribute("list", id);
    field.placeholder = adding;
    field.dataset.adds = kind;
    const add = async (event) => {
      event.preventDefault();
      if (!field.value.trim()) return;
      await this.onMark({ do: kind, name: field.value, on: true });
      this.content.querySelector(`[data-adds=${kind}]`)?.focus();
    };
    const remove = (name) =>
      h(
        "button",
        {
          class: "chip",
          "aria-label": _("Remove {name}", { name }),
          onclick: () => this.onMark({ do: kind, name, on: false }),
        },
        h("span", {}, name),
        icon("cross"),
      );
    return section(
      title,
      there.length > 0 && h("div", { class: "names" }, ...there.map(remove)),
      h("form", { onsubmit: add }, leaving(field), h("button", { type: "submit" }, _("Add"))),
      h("datalist", { id }, ...known.map((name) => h("option", { value: name }))),
    );
  }

  /** Each line that was read in the photo; a tap searches for it. */
  linesOf(photo) {
    const search = (line) =>
      h("button", { class: "line", title: _("Search for this"), onclick: () => this.onSearch(line) }, line);
    return h("ul", { class: "lines" }, ...photo.lines.map((line) => h("li", {}, search(line))));
  }

  noteOf(photo) {
    const field = h("textarea", { rows: 3, maxLength: 4000, "aria-label": _("Note"), value: photo.note });
    field.placeholder = _("Write a note");
    field.addEventListener("change", () => this.onMark({ do: "note", words: field.value }));
    return section(_("Note"), leaving(field));
  }
}

/** Escape leaves a field, and not the photo. */
function leaving(field) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    field.closest(".large")?.querySelector("button")?.focus();
  });
  return field;
}

function section(title, ...children) {
  return h("section", {}, h("h3", {}, title), ...children);
}

function list(names) {
  return h("ul", {}, ...names.map((name) => h("li", {}, name)));
}

function pair(label, words) {
  return h("div", {}, h("dt", {}, label), h("dd", {}, words));
}
