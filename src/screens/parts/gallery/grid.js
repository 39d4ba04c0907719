// The grid: only what is on the screen, and a little around it, is in the page, whatever the library holds.
//
// One cell can have the focus; it stays in the page while it has it, also far from what is seen.

import { h } from "../darkroom/dom.js";
import { _ } from "../darkroom/language.js";
import { Cell } from "./cell.js";
import { Heading } from "./heading.js";
import { HEAD, Layout } from "./layout.js";

const AROUND = 0.6; // windows above and below that are ready while one scrolls slowly
const QUIET = 90; // milliseconds without scrolling after which photos are asked for
const FAST = 3; // windows a second; faster than this nothing can be seen, and nothing is asked for

export class Grid {
  /** view.onScroll(), onDay(day) are told; what is pressed on cells is in pressing.js. */
  constructor(store, view) {
    Object.assign(this, { store, view, wanted: 160, cursor: 0 });
    this.cells = new Map(); // position -> cell
    this.headings = new Map(); // day -> heading
    this.spare = { cells: [], headings: [] };
    this.layer = h("div", {
      class: "cells",
      role: "listbox",
      "aria-label": _("Photos"),
      "aria-multiselectable": "true",
    });
    this.heads = h("div", { class: "heads" });
    this.sheet = h("div", { class: "sheet" }, this.heads, this.layer);
    this.scroller = h("div", { class: "scroller", onscroll: () => this.scrolled() }, this.sheet);
    this.element = this.scroller;
    this.watch = new ResizeObserver(() => this.arrange());
    this.watch.observe(this.scroller);
    this.layout = new Layout([], 1, this.wanted);
  }

  close() {
    this.watch.disconnect();
    clearTimeout(this.resting);
    cancelAnimationFrame(this.frame);
  }

  // Where everything lies.

  /** List these days, from the top or where `place` says. */
  list(days, place) {
    this.days = days;
    this.cursor = Math.min(this.cursor, Math.max(0, this.store.total - 1));
    this.drop();
    this.arrange(place ?? null);
  }

  /** Lay out anew, with what is seen first, or the place, where it was. */
  arrange(place = this.place) {
    if (!this.days || !this.scroller.clientWidth) return;
    const style = getComputedStyle(this.scroller);
    const width = this.scroller.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    this.seen = this.scroller.clientHeight;
    this.layout = new Layout(this.days, width, Math.min(this.wanted, width / 2.2));
    this.sheet.style.height = `${this.layout.height}px`;
    this.drop();
    if (place) this.scroller.scrollTop = this.heightOf(place);
    this.view.onArranged();
    this.update();
    this.ask();
  }

  /** What is seen first, in a way that holds when cells are larger, or when there are more days: day, photo, pixels. */
  get place() {
    const { layout, scroller } = this;
    if (!layout.total || !this.days) return null;
    const { photos, days } = layout.between(scroller.scrollTop, scroller.scrollTop + 1);
    const [first] = photos;
    const day = Math.min(layout.dayOf(first), days[0]);
    const head = scroller.scrollTop <= layout.tops[day] + HEAD - 1;
    const top = head ? layout.tops[day] : layout.corner(first).y;
    return { day: layout.days[day][0], within: head ? -1 : first - layout.firsts[day], by: scroller.scrollTop - top };
  }

  heightOf({ day, within, by }) {
    const { layout } = this;
    // Days are listed newest first; of a day that is gone the next one is shown.
    const at = layout.days.findIndex(([date]) => date <= day);
    if (at < 0) return 0;
    const photo = Math.min(layout.firsts[at] + within, layout.firsts[at + 1] - 1);
    return (within < 0 ? layout.tops[at] : layout.corner(photo).y) + by;
  }

  /** Of cells about so wide. */
  resize(wanted) {
    this.wanted = wanted;
    this.arrange();
  }

  // What is in the page.

  scrolled() {
    if (!this.frame) this.frame = requestAnimationFrame(() => ((this.frame = 0), this.follow()));
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(), QUIET);
  }

  follow() {
    const [top, now] = [this.scroller.scrollTop, performance.now()];
    const pace = this.before && Math.abs(top - this.before.top) / Math.max(now - this.before.now, 1);
    this.before = { top, now };
    if (pace * 1000 > FAST * this.seen) this.fast = true;
    else if (this.fast) this.slow();
    this.update();
    if (!this.fast) this.ask();
    this.view.onScroll();
  }

  rest() {
    this.before = null;
    if (this.fast) this.slow();
    this.update();
    this.ask();
    this.view.onRest();
  }

  /** What passed by too fast can be seen again. */
  slow() {
    this.fast = false;
    this.filled(0, this.layout.total);
  }

  /** Fetch the photos around what is seen. */
  ask() {
    const [from, to] = this.around(AROUND).photos;
    if (to > from) this.store.pages?.want(from, to);
  }

  around(windows) {
    const { scrollTop } = this.scroller;
    return this.layout.between(scrollTop - windows * this.seen, scrollTop + (1 + windows) * this.seen);
  }

  update() {
    const { photos, days } = this.around(this.fast ? 0.1 : AROUND);
    this.refill(this.headings, days, this.heads, "headings", (day) => this.headed(day));
    this.refill(this.cells, photos, this.layer, "cells", (position) => this.celled(position));
  }

  /** Put what lies in [from, to) into the page, and take everything else out of it for later use. */
  refill(there, [from, to], layer, kind, made) {
    const spare = this.spare[kind];
    for (const [at, one] of there) {
      if ((at >= from && at < to) || (kind === "cells" && this.holds(one))) continue;
      there.delete(at);
      spare.push(one);
    }
    for (let at = from; at < to; at += 1) if (!there.has(at)) there.set(at, made(at));
    for (const one of there.values()) if (one.element.parentNode !== layer) layer.append(one.element);
    this.lay(spare, kind);
  }

  /** Spare elements leave the page; not many are kept. */
  lay(spare, kind) {
    for (const one of spare) {
      if (!one.element.parentNode) continue;
      if (kind === "cells") one.load("");
      one.element.remove();
    }
    spare.length = Math.min(spare.length, 400);
  }

  drop() {
    for (const kind of ["cells", "headings"]) {
      const there = this[kind];
      const focused = kind === "cells" && [...there.values()].some((cell) => this.holds(cell));
      if (focused) this.refocus = true;
      this.spare[kind].push(...there.values());
      there.clear();
      this.lay(this.spare[kind], kind);
    }
  }

  celled(position) {
    const cell = this.spare.cells.pop() ?? new Cell();
    cell.place(position, this.layout.corner(position), this.layout.cell, this.layout.total);
    this.fill(cell);
    cell.select(this.store.isSelected(position), position === this.cursor);
    if (this.refocus && position === this.cursor) {
      this.refocus = false;
      queueMicrotask(() => cell.element.focus({ preventScroll: true }));
    }
    return cell;
  }

  headed(day) {
    const heading = this.spare.headings.pop() ?? new Heading((pressed) => this.view.onDay(pressed));
    heading.place(day, this.layout.days[day], this.layout.tops[day]);
    heading.select(this.store.areSelected(this.layout.firsts[day], this.layout.firsts[day + 1]));
    return heading;
  }

  fill(cell) {
    const photo = this.store.pages?.at(cell.position);
    cell.show(photo, photo && !this.fast ? this.store.urls.thumb(photo) : "");
  }

  /** Photos [from, to) have come. */
  filled(from, to) {
    for (const [position, cell] of this.cells) if (position >= from && position < to) this.fill(cell);
  }

  /** Selection or marks are others. */
  refresh() {
    const { firsts } = this.layout;
    for (const [position, cell] of this.cells) {
      cell.select(this.store.isSelected(position), position === this.cursor);
      cell.mark();
    }
    for (const [day, heading] of this.headings) heading.select(this.store.areSelected(firsts[day], firsts[day + 1]));
    this.element.classList.toggle("selecting", this.store.selected > 0);
  }

  // The cell that has the focus.

  holds(cell) {
    return cell.element === this.element.getRootNode().activeElement;
  }

  /** Go to a photo: into view, with the focus if wanted. */
  go(position, focus = true) {
    if (!this.layout.total) return;
    this.cursor = Math.max(0, Math.min(position, this.layout.total - 1));
    const { y } = this.layout.corner(this.cursor);
    const { scrollTop } = this.scroller;
    if (y - HEAD < scrollTop) this.scroller.scrollTop = y - HEAD;
    else if (y + this.layout.pitch > scrollTop + this.seen)
      this.scroller.scrollTop = y + this.layout.pitch - this.seen;
    this.update();
    this.refresh();
    if (focus) this.cells.get(this.cursor)?.element.focus({ preventScroll: true });
  }

  scrollTo(height) {
    this.scroller.scrollTop = height;
  }
}
