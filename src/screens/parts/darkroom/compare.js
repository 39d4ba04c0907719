// Photos of one group beside each other or flipped in place, at the same zoom and on the same spot.

import { Bar, Strip } from "./compare_bar.js";
import { scrubber } from "./compare_films.js";
import { Pane, shape } from "./compare_pane.js";
import { h, refill } from "./dom.js";
import { openHelp } from "./help.js";
import { meaning } from "./keys.js";
import { _ } from "./language.js";
import { WHOLE, clamp, closest, hundred, middle, pan, sameShape, zoomAt } from "./zoom.js";

const STEP = 1.4; // zoom of the keys + and -

// The names are those in keys.js; what is not here is done to the group, as in its own view.
const ACTIONS = {
  flipForward: (compare) => compare.flip(1),
  flipBack: (compare) => compare.flip(-1),
  toggle: (compare) => compare.toggle(compare.active.photo),
  toggleNumber: (compare, key) => compare.toggle(compare.photos[key - 1]),
  closer: (compare) => compare.closer(1),
  further: (compare) => compare.closer(-1),
  whole: (compare) => compare.move(WHOLE),
  hundred: (compare) => compare.hundred(compare.active),
  arrange: (compare) => compare.nextLayout(),
  difference: (compare) => compare.difference(),
  magnifier: (compare) => compare.magnifier(),
  details: (compare) => compare.toggleDetails(),
  help: (compare) => compare.help(),
  close: (compare) => compare.close(),
};

/** Gives what the page may ask of it: close, another group, a choice that changed, words to show. */
export function openCompare(options) {
  const compare = new Compare(options);
  return {
    close: () => compare.close(),
    load: (group, start) => compare.load(group, start),
    describe: () => compare.describe(),
    say: (words) => compare.say(words),
    loupe: (on) => on === compare.loupe || compare.magnifier(),
  };
}

class Compare {
  /** onAct(action, index of the active photo) for what is done to the group; where() names its place in words. */
  constructor({ host, group, urls, start = 0, mode = "side", kept, where, onToggle, onAct, onClose, onLoupe = () => {} }) {
    Object.assign(this, { urls, kept, where, onToggle, onAct, onClose, onLoupe });
    this.panes = [];
    this.grid = h("div", { class: "compare-panes" });
    this.status = h("div", { class: "compare-status", role: "status" });
    this.dialog = h("dialog", {
      class: "compare",
      "aria-label": _("Compare photos"),
      tabIndex: -1,
      onkeydown: (event) => this.key(event),
      onclose: () => this.end(),
    });
    host.append(this.dialog);
    this.dialog.showModal();
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(this.grid);
    this.wanted = mode === "loupe" ? 1 : 2; // panes
    this.load(group, start, mode === "loupe");
    this.active.element.focus();
  }

  /** The photos of a group, in as many panes as before. */
  load(group, start = 0, loupe = false) {
    if (group === this.group) return;
    const { photos } = group;
    Object.assign(this, { group, photos, loupe, view: WHOLE, differing: false });
    this.layouts = [1, 2, 4].filter((panes) => panes === 1 || photos.length > panes / 2);
    while (this.panes.length) this.panes.pop().drop();
    this.bar = new Bar(this);
    this.strip = new Strip(this);
    refill(this.dialog, this.bar.element, this.grid, scrubber(this), this.strip.element, this.status);
    this.arrange(this.layouts.findLast((panes) => panes <= this.wanted), start);
    if (loupe) this.hundred(this.active, null);
  }

  get active() {
    return this.panes[this.at];
  }

  index(pane) {
    return this.photos.indexOf(pane.photo);
  }

  /** So many panes: the recommended photo first, what is seen now, and active is one that is to be judged. */
  arrange(layout, current = this.index(this.active)) {
    this.layout = layout;
    if (layout > 1) this.loupe = false;
    const seen = this.panes.map((pane) => this.index(pane));
    const wanted = layout === 1 ? [current] : [current, 0, ...seen, ...this.photos.keys()];
    const shown = [...new Set(wanted)].slice(0, layout).sort((a, b) => a - b);
    while (this.panes.length > shown.length) this.panes.pop().drop();
    while (this.panes.length < shown.length) this.panes.push(new Pane(this));
    this.grid.append(...this.panes.map((pane) => pane.element).filter((element) => !element.parentNode));
    this.grid.dataset.panes = shown.length;
    shown.forEach((photo, place) => this.panes[place].show(this.photos[photo]));
    this.at = Math.max(shown.indexOf(current), shown.length > 1 ? 1 : 0);
    this.describe();
    this.measure();
    if (!this.bar.element.matches(":focus-within")) this.active.element.focus({ preventScroll: true });
  }

  activate(pane) {
    if (pane === this.active || !this.panes.includes(pane)) return;
    this.at = this.panes.indexOf(pane);
    this.describe();
  }

  /** Another photo in the active pane, on the same spot at the same zoom. */
  put(index) {
    const there = this.panes.find((pane) => this.index(pane) === index);
    if (there) return void there.element.focus();
    this.active.show(this.photos[index]);
    this.place();
    this.describe();
    this.say(this.active.element.getAttribute("aria-label"));
  }

  flip(by) {
    const { length } = this.photos;
    const taken = new Set(this.panes.map((pane) => this.index(pane)));
    if (taken.size === length)
      return void this.panes[(this.at + by + taken.size) % taken.size].element.focus();
    let index = this.index(this.active);
    do index = (index + by + length) % length;
    while (taken.has(index));
    this.put(index);
  }

  toggle(photo) {
    if (!photo) return;
    if (!photo.protected) this.onToggle(photo.id);
    this.describe();
    const values = { number: this.photos.indexOf(photo) + 1 };
    if (photo.protected) this.say(_("Photo {number} is protected and stays", values));
    else if (this.kept().has(photo.id)) this.say(_("Photo {number} is kept", values));
    else this.say(_("Photo {number} is set aside", values));
  }

  // Where to look.

  measure() {
    for (const pane of this.panes) pane.measure();
    this.place();
  }

  place() {
    for (const pane of this.panes) pane.place();
    this.bar.place(this.view);
    this.grid.classList.toggle("compare-closer", this.view.zoom > 1.01);
  }

  move(view) {
    const [{ box }] = this.panes;
    const shapes = this.panes.map((pane) => pane.shape);
    this.view = clamp(view, box, shapes, this.most);
    this.place();
  }

  get most() {
    return closest(this.panes[0].box, this.photos.map(shape));
  }

  zoom(pane, point, factor) {
    if (!point && this.pointer?.pane === pane) point = this.pointer.point;
    this.move(zoomAt(pane.view, point ?? middle(pane.box), factor, pane.box, pane.shape, this.most));
  }

  closer(steps) {
    this.zoom(this.active, null, STEP ** steps);
  }

  pan(pane, dx, dy) {
    this.move(pan(pane.view, dx, dy, pane.box, pane.shape));
  }

  /** To 100 % on a spot and back; without a spot, where the pointer was last. */
  hundred(pane, point) {
    if (this.view.zoom > 1.01) return this.move(WHOLE);
    this.zoom(pane, point, hundred(pane.box, pane.shape));
  }

  look(pane, point) {
    this.move(zoomAt(WHOLE, point, this.view.zoom, pane.box, pane.shape, this.most));
  }

  magnifier() {
    const on = !this.loupe;
    if (on) this.under = this.layout;
    this.arrange(on ? 1 : (this.under ?? 1));
    this.loupe = on;
    this.move(WHOLE);
    if (on) this.hundred(this.active);
    this.describe();
  }

  // What is said.

  say(words) {
    this.status.textContent = words;
    this.status.animate([{ opacity: 1 }, { opacity: 0 }], { duration: 3000, easing: "step-end" });
  }

  describe() {
    const shown = this.panes.map((pane) => pane.photo);
    const among = shown.length > 1 ? shown : this.photos;
    const kept = this.kept();
    this.bar.describeGroup(this.where(), kept.size === this.photos.length);
    for (const pane of this.panes) {
      pane.describe(this.index(pane) + 1, kept.has(pane.photo.id), among);
      pane.element.classList.toggle("compare-active", pane === this.active && this.panes.length > 1);
    }
    this.strip.describe(shown, kept, this.active.photo);
    this.overlay();
    this.onLoupe(this.loupe);
  }

  difference() {
    if (this.why) return this.say(this.why);
    this.differing = !this.differing;
    this.describe();
  }

  /** The recommended photo over the active one; over the other one, if the recommended is active itself. */
  overlay() {
    const [best] = this.photos;
    const target = [this.active, ...this.panes].find((pane) => pane.photo !== best);
    if (this.panes.length > 2) this.why = _("The difference can only be shown with one or two photos");
    else if (!target) this.why = _("This is the recommended photo itself; flip to another one");
    else if (!sameShape(shape(target.photo), shape(best)))
      this.why = _("These photos differ in shape, so they cannot be laid over each other");
    else this.why = "";
    const on = Boolean(this.differing && !this.why);
    for (const pane of this.panes) pane.lay(on && pane === target ? best : null);
    this.bar.describe(on);
    this.place();
  }

  nextLayout() {
    this.choose(this.layouts[(this.layouts.indexOf(this.layout) + 1) % this.layouts.length]);
  }

  /** So many panes, also for the groups that follow. */
  choose(layout) {
    this.wanted = layout;
    this.arrange(layout);
  }

  toggleDetails() {
    const shown = this.dialog.classList.toggle("compare-informed");
    this.bar.details.setAttribute("aria-pressed", String(shown));
  }

  help() {
    const onClose = () => this.active.element.focus();
    openHelp({ host: this.dialog.parentNode, onClose, first: "compare" });
  }

  act(action) {
    this.onAct(action, this.index(this.active));
  }

  key(event) {
    event.stopPropagation();
    const found = meaning(event, "compare");
    if (!found) return;
    event.preventDefault();
    if (ACTIONS[found.action]) ACTIONS[found.action](this, found.key);
    else this.act(found.action);
  }

  close() {
    this.dialog.close();
    this.end();
  }

  end() {
    if (this.ended) return;
    this.ended = true;
    const last = this.index(this.active);
    this.observer.disconnect();
    for (const pane of this.panes) pane.drop();
    this.dialog.remove();
    this.onClose(last);
  }
}
