// Photos of a listing by position, fetched some at a time where they are looked at, and kept for a while.

export const PAGE = 100; // photos
const MOST = 120; // pages that are kept
const AT_ONCE = 3; // pages that are fetched at a time
const AGAIN = 2000; // milliseconds until a page that did not come is asked for again

export class Pages {
  /** load(from, count) gives { status, body }; onPage(from, to) and onGone() are told. */
  constructor({ load, onPage, onGone }) {
    Object.assign(this, { load, onPage, onGone });
    this.held = new Map(); // page -> photos, the one used longest ago first
    this.coming = new Set();
    this.wanted = [];
  }

  /** The photo; undefined: not here yet, null: no longer in the library. */
  at(position) {
    return this.held.get(Math.floor(position / PAGE))?.[position % PAGE];
  }

  /** Fetch photos [from, to), those of the middle first; what was wanted before is not any more. */
  want(from, to) {
    const [first, last] = [Math.floor(from / PAGE), Math.floor((to - 1) / PAGE)];
    const middle = (first + last) / 2;
    this.wanted = Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => first + n).sort(
      (a, b) => Math.abs(a - middle) - Math.abs(b - middle),
    );
    for (const page of this.wanted) if (this.held.has(page)) this.keep(page, this.held.get(page));
    this.pump();
  }

  /** The photo, once it is here. */
  async photo(position) {
    const page = Math.floor(position / PAGE);
    if (!this.held.has(page)) await this.fetch(page);
    return this.at(position);
  }

  pump() {
    for (const page of this.wanted) {
      if (this.closed || this.coming.size >= AT_ONCE) return;
      if (!this.held.has(page) && !this.coming.has(page)) this.fetch(page);
    }
  }

  async fetch(page) {
    this.coming.add(page);
    const { status, body } = await this.load(page * PAGE, PAGE);
    this.coming.delete(page);
    if (this.closed) return;
    if (status === 410) this.onGone();
    else if (status !== 200 || !Array.isArray(body)) setTimeout(() => this.pump(), AGAIN);
    else {
      this.keep(page, body);
      this.onPage(page * PAGE, page * PAGE + body.length);
      this.pump();
    }
  }

  keep(page, photos) {
    this.held.delete(page);
    this.held.set(page, photos);
    for (const old of this.held.keys()) {
      if (this.held.size <= MOST) break;
      this.held.delete(old);
    }
  }

  /** Change what is known of the photos that are here. */
  change(concerned, values) {
    for (const [page, photos] of this.held) {
      photos.forEach((photo, n) => {
        if (photo && concerned(photo, page * PAGE + n)) Object.assign(photo, values);
      });
    }
  }

  close() {
    this.closed = true;
  }
}
