// The line above the photos: what is shown, by which conditions, and how large.

import { bare, button } from "../darkroom/button.js";
import { h } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { _, ngettext, number as numbers } from "../darkroom/language.js";
import { SIZES } from "./memory.js";
import { Search } from "./search.js";
import { ALL } from "./store.js";
import { photos } from "./words.js";

export class Bar {
  /** view.onFilter(filter), onSize(number), onHelp() and toPhotos() are told. */
  constructor(store, view) {
    Object.assign(this, { store, view });
    this.told = h("p", { class: "quiet told", role: "status" });
    this.size = h("input", {
      type: "range",
      min: 0,
      max: SIZES.length - 1,
      step: 1,
      "aria-label": _("Size of the photos"),
      oninput: () => view.onSize(Number(this.size.value)),
    });
    this.search = new Search(store, view);
    this.all = chip(_("All photos"), () => view.onFilter({ ...ALL }));
    this.favourite = chip(_("Favourites"), () => this.set("favourite", !store.filter.favourite), "heart");
    this.album = this.choice("album", _("Album"));
    this.tag = this.choice("tag", _("Tag"));
    this.folder = this.choice("folder", _("Folder"));
    this.notices = h("div", { class: "notices", role: "status" });
    const help = bare("keys", _("Shortcuts"), view.onHelp, { title: _("Shortcuts (?)") });
    const chips = [this.all, this.search.saved, this.favourite, this.album, this.tag, this.folder];
    this.element = h(
      "header",
      { class: "top" },
      h("div", { class: "title" }, h("h1", {}, _("Photos")), this.told),
      this.search.box,
      h("div", { class: "chips", role: "group", "aria-label": _("Show") }, ...chips),
      h("div", { class: "sizes" }, icon("small"), this.size, icon("same"), help),
      this.search.told,
      this.notices,
    );
  }

  set(name, value) {
    this.view.onFilter({ ...this.store.filter, [name]: value });
  }

  choice(name, words) {
    const onchange = ({ target }) => this.set(name, target.value);
    return h("select", { class: "chip", "aria-label": words, onchange });
  }

  refresh() {
    const { book, filter, total, filtered } = this.store;
    this.told.textContent = photos(total);
    this.search.refresh();
    this.all.setAttribute("aria-pressed", String(!filtered));
    press(this.favourite, filter.favourite);
    this.favourite.lastChild.textContent = `${_("Favourites")} ${book.favourites || ""}`.trim();
    this.fill("album", _("All albums"), book.albums.map(({ id, name, photos: n }) => [id, name, n]));
    this.fill("tag", _("All tags"), book.tags.map(([name, n]) => [name, name, n]));
    const folders = book.folders.length > 1 || filter.folder ? book.folders : [];
    this.fill("folder", _("All folders"), folders.map(({ id, path, photos: n }) => [id, path, n]));
    this.notices.replaceChildren(...notices(book));
  }

  fill(name, nothing, entries) {
    const [select, chosen] = [this[name], this.store.filter[name]];
    if (chosen && !entries.some(([value]) => value === chosen)) entries = [...entries, [chosen, chosen, 0]];
    const options = entries.map(([value, words, number]) =>
      h("option", { value }, `${words} (${numbers(number)})`),
    );
    select.replaceChildren(h("option", { value: "" }, nothing), ...options);
    select.value = chosen;
    select.hidden = !entries.length;
    select.classList.toggle("chosen", Boolean(chosen));
  }

  refreshSize(number) {
    this.size.value = number;
  }
}

/** Folders that cannot be reached, and what else should be known. */
function notices(book) {
  const away = book.folders.filter(({ reachable }) => !reachable);
  const words = away.map(
    ({ path, photos: number }) =>
      ngettext(
        "{path} cannot be reached. Its {n:,} photo waits for it and can still be looked through.",
        "{path} cannot be reached. Its {n:,} photos wait for it and can still be looked through.",
        number,
        { path },
      ),
  );
  return [...words, book.notice]
    .filter(Boolean)
    .map((text) => h("p", { class: "notice" }, icon("warning"), h("span", {}, text)));
}

function chip(words, onclick, sign) {
  return button(sign, words, onclick, { class: "chip", "aria-pressed": "false" });
}

function press(button, on) {
  button.setAttribute("aria-pressed", String(on));
}
