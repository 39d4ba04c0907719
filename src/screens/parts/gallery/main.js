// The page: the grid with what is above and around it, and the large view. What it knows is in its store.

import { h } from "../darkroom/dom.js";
import { _ } from "../darkroom/language.js";
import { Levels } from "../darkroom/levels.js";
import { ask } from "./ask.js";
import { Bar } from "./bar.js";
import { empty } from "./empty.js";
import { Grid } from "./grid.js";
import { openHelp } from "./help.js";
import { meaning } from "./keys.js";
import { Large } from "./large.js";
import { Many } from "./many.js";
import * as memory from "./memory.js";
import { Pressing } from "./pressing.js";
import { Scrubber } from "./scrubber.js";
import { ALL, Store } from "./store.js";
import { photos } from "./words.js";

const SAID = 4000; // milliseconds a message stays
const SETTLED = 600; // milliseconds until what Streamlit draws above is there
const SOME = 500; // selected photos of a range that are asked about
const STALE = 10000; // milliseconds after which coming back to the page lists anew

export class Gallery {
  constructor(root, token) {
    Object.assign(this, { root, token });
    this.remembered = memory.place();
    this.levels = new Levels("photos", (levels) => this.restore(levels));
    const store = (this.store = new Store(token, this));
    this.bar = new Bar(store, this);
    this.grid = new Grid(store, this);
    this.pressing = new Pressing(this.grid.layer, store, this);
    this.scrubber = new Scrubber(this.grid);
    this.many = new Many(store, this);
    this.large = new Large(store, this);
    this.nothing = h("div", { class: "nothing", hidden: true });
    this.said = h("p", { class: "said", role: "status" });
    this.host = h("div");
    this.body = h("div", { class: "body" }, this.grid.element, this.scrubber.element, this.nothing);
    this.notice = h("p", { class: "quiet", role: "status" }, _("Loading the photos…"));
    root.replaceChildren(this.notice);
    this.size = memory.size(root.clientWidth);
    this.grid.wanted = memory.SIZES[this.size];
    this.bar.refreshSize(this.size);
    this.listen();
    store.load({ ...ALL, ...this.remembered?.filter });
    this.loaded = Date.now();
  }

  listen() {
    const { signal } = (this.leaving = new AbortController());
    // Before anybody else: Streamlit has keys of its own, R and C among them.
    document.addEventListener("keydown", (event) => this.key(event), { capture: true, signal });
    for (const kind of ["dragover", "drop", "paste"])
      document.addEventListener(kind, (event) => this.given(event), { signal });
    window.addEventListener("pagehide", () => this.remember(), { signal });
    document.addEventListener("visibilitychange", () => this.cameBack(), { signal });
    window.addEventListener("resize", () => this.fit(), { signal });
  }

  /** A picture that is dropped or pasted is searched by. */
  given(event) {
    const { files, types } = event.dataTransfer ?? event.clipboardData ?? {};
    if (!this.begun || !types?.includes("Files")) return;
    event.preventDefault(); // else the browser opens what is dropped
    if (files?.length) this.bar.search.byPicture(files[0]);
  }

  /** As high as the window leaves: only the grid scrolls. */
  fit() {
    const { top } = this.root.getBoundingClientRect();
    if (top > 0) this.root.style.setProperty("--above", `${Math.ceil(top)}px`);
  }

  /** Streamlit calls this over and over. */
  show(_, onExport) {
    this.exported = onExport;
  }

  close() {
    this.levels.close();
    this.remember();
    this.leaving.abort();
    this.large.drop();
    this.grid.close();
    this.store.close();
    this.root.replaceChildren();
  }

  // What the store tells.

  onListing(again) {
    if (!this.begun) this.begin();
    const place = this.begun === 1 ? this.remembered?.place : again ? this.grid.place : null;
    this.grid.cursor = this.begun === 1 ? (this.remembered?.cursor ?? 0) : again ? this.grid.cursor : 0;
    this.bar.refresh();
    this.nothing.hidden = this.store.total > 0;
    this.nothing.replaceChildren(...(this.store.total ? [] : [empty(this.store, () => this.onFilter({ ...ALL }), this.bar.search)]));
    this.grid.list(this.store.book.days, place ?? { day: "9999", within: -1, by: 0 });
    this.onSelection();
    if (this.begun === 1 && this.store.total) this.restore(this.levels.here ?? []);
    this.begun = 2;
  }

  begin() {
    this.begun = 1;
    const { bar, body, many, large, said, host } = this;
    this.root.replaceChildren(bar.element, body, many.element, large.element, said, host);
    this.fit();
    setTimeout(() => this.fit(), SETTLED);
  }

  onPhotos(from, to) {
    this.grid.filled(from, to);
  }

  onSelection() {
    this.grid.refresh();
    this.many.refresh();
  }

  onMarks() {
    this.bar.refresh();
    this.grid.refresh();
  }

  onTrouble(words) {
    if (this.begun) this.say(words);
    else this.notice.textContent = words;
  }

  // What the parts tell.

  onArranged() {
    this.scrubber.arrange();
  }

  onScroll() {
    this.scrubber.follow();
    this.root.classList.add("scrolling");
  }

  onRest() {
    this.root.classList.remove("scrolling");
    this.remember();
  }

  onFilter(filter) {
    this.store.load(filter);
  }

  onSize(number) {
    this.size = Math.max(0, Math.min(number, memory.SIZES.length - 1));
    memory.keepSize(this.size);
    this.bar.refreshSize(this.size);
    this.grid.resize(memory.SIZES[this.size]);
  }

  toPhotos() {
    this.grid.go(this.grid.cursor);
  }

  /** Search for photos like the selected ones, or the one with the focus. */
  similar() {
    const { store, grid } = this;
    const at = store.selected ? store.positions(SOME) : [grid.cursor];
    const digests = at.map((position) => store.pages?.at(position)?.digest).filter(Boolean);
    if (digests.length) this.bar.search.similar(digests);
  }

  onHelp = () => this.openDialog((more) => openHelp(more));

  onDay(day) {
    const { firsts } = this.grid.layout;
    const [from, to] = [firsts[day], firsts[day + 1]];
    this.store.select(from, to, !this.store.areSelected(from, to));
    this.from = from;
  }

  /** Select one photo or no longer, or with `range` all from the one pressed last. */
  onPick(position, { range }) {
    const { store, grid } = this;
    const from = range ? Math.min(this.from ?? grid.cursor, position) : position;
    const to = range ? Math.max(this.from ?? grid.cursor, position) : position;
    store.select(from, to + 1, range || !store.isSelected(position));
    this.from = position;
    grid.go(position);
  }

  onOpen(position) {
    this.grid.go(position, false);
    this.large.open(position);
    this.note();
  }

  onMoved(position) {
    this.grid.cursor = position;
    this.remember();
  }

  onClosed() {
    this.grid.go(this.grid.cursor);
    this.remember();
    this.note();
  }

  // What can be done to photos.

  /** The selected ones, or else the one with the focus; null if there is none. */
  get which() {
    const { store, grid } = this;
    if (store.selected) return store.picked;
    const photo = store.pages?.at(grid.cursor);
    return photo ? { digests: [photo.digest] } : null;
  }

  get about() {
    return photos(this.store.selected || 1);
  }

  act(name) {
    if (name === "escape") this.store.clear();
    else if (name === "favourite") this.favourite();
    else if (name === "export") this.toExport();
    else if (name === "similar") this.similar();
    else this.ask(name);
  }

  async favourite() {
    const { which, about, store } = this;
    if (!which) return;
    const on = store.selected ? !this.allFavourite() : !store.pages.at(this.grid.cursor).favourite;
    const done = await store.mark({ do: "favourite", on }, which);
    if (done !== null) this.say(`${about}: ${on ? _("favourite") : _("no longer favourite")}`);
  }

  /** As far as the selected ones are here. */
  allFavourite() {
    const { pages } = this.store;
    const known = this.store.positions(SOME).map((at) => pages.at(at)).filter(Boolean);
    return known.length > 0 && known.every((photo) => photo.favourite);
  }

  ask(kind) {
    const { which, about, store } = this;
    if (!which) return;
    const known = kind === "tag" ? store.book.tags.map(([name]) => name) : store.book.albums.map(({ name }) => name);
    const onAnswer = async (words, on) => {
      const said = kind === "note" ? { do: kind, words } : { do: kind, name: words, on };
      if ((await store.mark(said, which)) !== null) this.say(_("{photos}: saved", { photos: about }));
    };
    this.openDialog((more) => ask({ ...more, kind, about, known: kind === "note" ? [] : known, onAnswer }));
  }

  async toExport() {
    if (!this.which) return;
    const run = await this.store.toRun(this.which);
    if (run) this.exported(run);
  }

  // Keys.

  key(event) {
    if (!this.begun || this.asking || !this.root.getClientRects().length) return;
    const from = event.composedPath();
    if (!from.includes(this.root) && !from[0].matches?.("html, body, section, main, div:not([role])")) return;
    if (document.querySelector("[aria-modal=true]")) return;
    const action = meaning(event, this.large.isOpen ? "large" : "grid");
    if (!action || (action === "escape" && !this.large.isOpen && !this.store.selected)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    (this.large.isOpen ? this.inLarge : this.inGrid)(action);
  }

  inLarge = (action) => {
    const { large } = this;
    const acts = {
      forward: () => large.step(1),
      back: () => large.step(-1),
      info: () => large.toggleInfo(),
      faces: () => large.toggleFaces(),
      zoom: () => large.stage.hundred(),
      closer: () => large.stage.closer(),
      further: () => large.stage.further(),
      favourite: () => large.favourite(),
      similar: () => large.similar(),
      tag: () => large.tag(),
      help: () => this.onHelp(),
      escape: () => large.close(),
    };
    acts[action]?.();
  };

  inGrid = (action) => {
    const { grid, store } = this;
    const { layout, cursor } = grid;
    const rows = Math.max(1, Math.floor(grid.seen / layout.pitch) - 1);
    const acts = {
      next: () => grid.go(cursor + 1),
      previous: () => grid.go(cursor - 1),
      down: () => grid.go(layout.rowsOn(cursor, 1)),
      up: () => grid.go(layout.rowsOn(cursor, -1)),
      pageDown: () => grid.go(layout.rowsOn(cursor, rows)),
      pageUp: () => grid.go(layout.rowsOn(cursor, -rows)),
      first: () => grid.go(0),
      last: () => grid.go(store.total - 1),
      open: () => store.total && this.onOpen(cursor),
      pick: () => store.total && this.onPick(cursor, {}),
      range: () => store.total && this.onPick(cursor, { range: true }),
      day: () => store.total && this.onDay(layout.dayOf(cursor)),
      all: () => store.select(0, store.total),
      search: () => this.bar.search.focus(),
      similar: () => this.similar(),
      larger: () => this.onSize(this.size + 1),
      smaller: () => this.onSize(this.size - 1),
      help: () => this.onHelp(),
    };
    (acts[action] ?? (() => this.act(action)))();
  };

  openDialog(open) {
    if (this.asking) return;
    const before = this.root.getRootNode().activeElement;
    const onClose = () => {
      this.asking = null;
      this.note();
      if (before?.isConnected) before.focus({ preventScroll: true });
    };
    this.asking = open({ host: this.large.isOpen ? this.large.element : this.host, onClose });
    this.note();
  }

  // Coming and going.

  /** Back closes a dialog, then the large view; a reload opens the large view again. */
  restore(levels) {
    const large = levels.some((level) => level.large);
    if (this.asking && !levels.some((level) => level.dialog)) {
      this.asking.close();
      this.asking = null; // not only when its event says so
    }
    if (large && !this.large.isOpen) this.large.open(this.grid.cursor);
    else if (!large) this.large.close();
    this.note();
  }

  note() {
    const open = [this.large.isOpen && { large: true }, this.asking && { dialog: true }];
    this.levels.show(open.filter(Boolean));
  }

  cameBack() {
    if (document.hidden) this.remember();
    else if (Date.now() - this.loaded > STALE && !this.large.isOpen) {
      this.loaded = Date.now();
      this.store.load();
    }
  }

  remember() {
    if (this.begun !== 2) return;
    const { store, grid } = this;
    memory.keepPlace({ filter: store.filter, place: grid.place, cursor: grid.cursor });
  }

  /** For eyes and ears, for a moment. */
  say(words) {
    const host = this.large.isOpen ? this.large.element : this.root;
    if (this.said.parentNode !== host) host.append(this.said);
    this.said.textContent = words;
    clearTimeout(this.silence);
    this.said.classList.add("seen");
    this.silence = setTimeout(() => this.said.classList.remove("seen"), SAID);
  }
}
