// The search box, and under it what the words were understood as: each recognised piece can be read otherwise.

import { bare } from "../darkroom/button.js";
import { h } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { _, number as numbers } from "../darkroom/language.js";
import { photos } from "./words.js";

const PAUSE = 200; // milliseconds without typing until it is searched
const LEAST_DIGITS = 12; // of a photo's digest, which name it in a query
const BY_PICTURE = _("Search by a picture: choose one, drop it here or paste it. It is not stored.");
const MOST_EXAMPLES = 8; // photos that others are to be similar to

export class Search {
  /** view.onFilter(filter) and toPhotos() are told. */
  constructor(store, view) {
    Object.assign(this, { store, view });
    this.input = h("input", {
      type: "search",
      placeholder: _("Date, place, camera, kind, name…"),
      "aria-label": _("Search the photos"),
      title: _("Search (/)"),
      autocomplete: "off",
      spellcheck: false,
      maxLength: 2000,
      oninput: () => this.soon(),
      onkeydown: (event) => this.key(event),
    });
    this.saving = h("button", { class: "plain", hidden: true, onclick: () => this.save() }, icon("star"));
    this.saved = h("select", { class: "chip", "aria-label": _("Saved searches"), hidden: true, onchange: () => this.ask(this.saved.value) });
    this.file = h("input", { type: "file", accept: "image/*,.heic,.heif,.jxl", onchange: () => this.chosen() });
    const byPicture = bare("same", _("Search by a picture"), () => this.file.click(), { title: BY_PICTURE });
    this.box = h("div", { class: "search", role: "search" }, icon("loupe"), this.input, this.saving, byPicture);
    this.told = h("div", { class: "understood", role: "group", "aria-label": _("Understood as"), hidden: true });
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  soon() {
    clearTimeout(this.pausing);
    this.pausing = setTimeout(() => this.ask(this.input.value), PAUSE);
  }

  ask(text) {
    clearTimeout(this.pausing);
    this.input.value = text;
    const q = text.trim() ? text : "";
    if (q === this.store.filter.q) return;
    this.box.setAttribute("aria-busy", "true");
    this.view.onFilter({ ...this.store.filter, q });
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter") this.ask(this.input.value);
    else if (event.key === "Escape" && this.input.value) this.ask("");
    else if (event.key === "Escape" || event.key === "ArrowDown") this.view.toPhotos();
    else return;
    event.preventDefault();
  }

  /** After the photos were listed. */
  refresh() {
    const { filter, book } = this.store;
    this.box.removeAttribute("aria-busy");
    const typing = this.input.getRootNode().activeElement === this.input;
    if (!typing && this.input.value.trim() !== filter.q.trim()) this.input.value = filter.q;
    this.box.hidden = !book.folders.length;
    this.refreshSaved();
    const found = book.search;
    const lines = found && !found.error ? this.lines(found) : []; // an error is said in place of the photos
    this.told.hidden = !lines.length;
    this.told.replaceChildren(...lines);
  }

  get isSaved() {
    return this.store.book.searches.includes(tidy(this.store.filter.q));
  }

  save() {
    this.store.saveSearch(this.store.filter.q, !this.isSaved);
  }

  refreshSaved() {
    const { filter, book } = this.store;
    const words = this.isSaved ? _("Remove from the saved searches") : _("Save this search");
    this.saving.hidden = !filter.q || Boolean(book.search?.error);
    this.saving.setAttribute("aria-label", words);
    this.saving.setAttribute("aria-pressed", String(this.isSaved));
    this.saving.title = words;
    this.saved.hidden = !book.searches.length;
    const options = book.searches.map((query) => h("option", { value: query }, query));
    this.saved.replaceChildren(h("option", { value: "" }, _("Saved searches")), ...options);
    this.saved.value = this.isSaved ? tidy(filter.q) : "";
    this.saved.classList.toggle("chosen", this.isSaved);
  }

  lines({ chips = [], notes = [], photos: number = 0 }) {
    const every = h(
      "button",
      {
        class: "chip",
        "aria-pressed": String(this.store.filter.every),
        title: _("Copies and shots of a burst one by one"),
        onclick: () => this.view.onFilter({ ...this.store.filter, every: !this.store.filter.every }),
      },
      _("Every shot"),
    );
    return [
      ...chips.map((chip) => this.piece(chip)),
      (number > this.store.total || this.store.filter.every) && every,
      number > this.store.total && h("span", { class: "quiet" }, _("{photos} with copies and bursts", { photos: photos(number) })),
      ...(this.store.total ? notes : []).map((note) => h("span", { class: "quiet" }, `${note}.`)),
    ].filter(Boolean);
  }

  /** A recognised piece: what it was read as, what else it may be, and a way back to plain words. */
  piece(chip) {
    const words = chip.readings.find((reading) => reading.startsWith("word:"));
    const others = chip.readings.filter((reading) => reading !== words);
    const instead = (reading, ...content) =>
      h("button", { class: "plain", onclick: () => this.replace(chip, reading) }, ...content);
    const away = instead(words ?? "", icon("cross"));
    const about = words ? _("Search for the words instead of {label}", { label: chip.label }) : _("Leave out {label}", { label: chip.label });
    away.setAttribute("aria-label", about);
    away.title = about;
    return h(
      "span",
      { class: "piece" },
      h("span", {}, chip.label, " ", h("span", { class: "quiet" }, chip.photos == null ? "" : numbers(chip.photos))),
      ...others.map((reading) => instead(reading, _("or {reading}", { reading }))),
      away,
    );
  }

  replace({ start, end }, reading) {
    const { q } = this.store.filter;
    this.ask(tidy(`${q.slice(0, start)}${reading}${q.slice(end)}`));
  }

  chosen() {
    const [file] = this.file.files;
    this.file.value = ""; // so that the same file can be chosen again
    if (file) this.byPicture(file);
  }

  /** Photos like a picture that is not in the library. Nothing of it is stored. */
  async byPicture(file) {
    this.box.setAttribute("aria-busy", "true");
    this.view.say(_("Looking at the picture…"));
    const digest = await this.store.example(file);
    this.box.removeAttribute("aria-busy");
    if (digest) this.similar([digest]);
  }

  /** Photos like these; `digests` of photos that are shown. */
  similar(digests) {
    const like = digests.slice(0, MOST_EXAMPLES).map((digest) => `like:${digest.slice(0, LEAST_DIGITS)}`);
    this.ask(like.join(" "));
  }
}

/** A query as it is saved: runs of spaces are one. */
function tidy(query) {
  return query.trim().replace(/\s+/g, " ");
}
