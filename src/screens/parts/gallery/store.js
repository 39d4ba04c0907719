// What the gallery knows: the listing of a filter, its photos, what is selected, and the marks it sends.

import { OFFLINE, answered, ask, call, put, urls } from "../darkroom/api.js";
import { LANGUAGE } from "../darkroom/language.js";
import { Pages } from "./pages.js";
import { added, count, covers, has, removed } from "./ranges.js";

export const ALL = Object.freeze({ favourite: false, album: "", tag: "", folder: "", q: "", every: false });
const LIBRARY = "/unipic/library";
// Months and countries of a search are understood in English and in this language.
const SEARCHED = LANGUAGE === "en" ? navigator.language : LANGUAGE;

export class Store {
  /** view.onListing(), onPhotos(from, to), onSelection(), onMarks() and onTrouble(words) are told. */
  constructor(token, view) {
    this.view = view;
    this.urls = urls(token);
    this.filter = { ...ALL };
    this.book = null; // the listing's answer
    this.ranges = [];
  }

  /** List by a filter. What is selected stays so if the same photos are listed again. */
  async load(filter = this.filter) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const { status, body } = await call(`${LIBRARY}/listing?${query({ ...filter, language: filter.q && SEARCHED })}`);
    if (turn !== this.turn) return;
    if (status !== 200 || !body) {
      this.view.onTrouble(body?.message || OFFLINE);
      return;
    }
    const before = this.book;
    const again = before?.key === body.key; // positions mean the same photos
    const sameFilter = query(filter) === query(this.filter);
    Object.assign(this, { book: body, filter: { ...filter } });
    if (again) this.pages.pump();
    else {
      this.renew();
      this.ranges = [];
    }
    this.view.onListing(sameFilter);
  }

  renew() {
    this.pages?.close();
    const { key } = this.book;
    this.pages = new Pages({
      load: (from, number) => call(`${LIBRARY}/photos?key=${key}&from=${from}&count=${number}`),
      onPage: (from, to) => this.view.onPhotos(from, to),
      onGone: () => this.load(),
    });
  }

  get total() {
    return this.book?.total ?? 0;
  }

  get filtered() {
    return query(this.filter) !== "";
  }

  close() {
    this.turn += 1;
    this.pages?.close();
  }

  // Selection.

  get selected() {
    return count(this.ranges);
  }

  isSelected(position) {
    return has(this.ranges, position);
  }

  areSelected(from, to) {
    return covers(this.ranges, from, to);
  }

  select(from, to, on = true) {
    this.ranges = (on ? added : removed)(this.ranges, from, to);
    this.view.onSelection();
  }

  /** Positions of what is selected; of a long range the first ones. */
  positions(most) {
    return this.ranges.flatMap(([from, to]) => Array.from({ length: Math.min(to - from, most) }, (_, n) => from + n));
  }

  clear() {
    this.ranges = [];
    this.view.onSelection();
  }

  /** What is selected, as the routes take it. */
  get picked() {
    return { key: this.book.key, ranges: this.ranges };
  }

  // What people say of photos.

  /** Full facts of a photo; null if it is gone. */
  async inFull(digest) {
    const { status, body } = await call(`${LIBRARY}/photo/${digest}`);
    return status === 200 ? body : null;
  }

  /** Mark photos, `which` being { digests } or what is picked. Gives the number of photos, or null after a refusal. */
  async mark(said, which) {
    const body = await this.sent("mark", { ...said, ...which });
    if (!body) return null;
    const { changed, ...marks } = body;
    Object.assign(this.book, marks);
    if (said.do === "favourite") this.pages.change(among(which), { favourite: said.on });
    this.view.onMarks();
    return changed;
  }

  /** Save a search by its query, or remove it from those saved. */
  async saveSearch(query, on) {
    const body = await ask(`${LIBRARY}/saved`, (words) => this.view.onTrouble(words), { query, on });
    if (!body) return;
    Object.assign(this.book, body);
    this.view.onMarks();
  }

  /** Have the server look at a picture to search by; its digest, or null after a refusal. */
  async example(file) {
    const coming = put(`${LIBRARY}/example`, file);
    return (await answered(coming, (words) => this.view.onTrouble(words)))?.digest ?? null;
  }

  /** A run of what is picked, for an export; null after a refusal. */
  async toRun(which) {
    return (await this.sent("selection", which))?.run ?? null;
  }

  /** The answer to what is said of photos; null after a refusal. Where the library has changed, it is listed anew. */
  async sent(path, said) {
    const { status, body } = await call(`${LIBRARY}/${path}`, said);
    if (status === 410) await this.load();
    if (status === 200 && body) return body;
    this.view.onTrouble(body?.message || OFFLINE);
    return null;
  }
}

export function query(filter) {
  const said = Object.entries(filter).filter(([, value]) => value);
  return new URLSearchParams(said.map(([name, value]) => [name, value === true ? "1" : value])).toString();
}

function among({ digests, ranges }) {
  const named = new Set(digests);
  return digests ? (photo) => named.has(photo.digest) : (_, position) => has(ranges, position);
}
