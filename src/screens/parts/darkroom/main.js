// The page: all groups in a list, or one group large, and what opens above them. What it knows is in its store.

import { perform } from "./actions.js";
import { Bar } from "./bar.js";
import { count, h } from "./dom.js";
import { SHOW_ALL, ordered } from "./filters.js";
import { GroupView } from "./group.js";
import { LANES } from "./groups.js";
import { openHelp } from "./help.js";
import { meaning } from "./keys.js";
import { _, lower } from "./language.js";
import { ListView } from "./list.js";
import { Pictures } from "./pictures.js";
import { Store } from "./store.js";
import { Trail } from "./trail.js";

const SAID = 4000; // milliseconds a message stays

export class Darkroom {
  constructor(root, token) {
    Object.assign(this, { root, token, pictures: new Pictures() });
    this.trail = new Trail(token, this);
    const store = (this.store = new Store(token, this));
    this.bar = new Bar(store, this);
    this.list = new ListView(store, this);
    this.group = new GroupView(store, this);
    this.said = h("p", { class: "said", role: "status" });
    this.heard = h("p", { class: "hidden", role: "status" });
    this.host = h("div");
    this.notice = h("p", { class: "quiet", role: "status" }, _("Loading the groups…"));
    root.replaceChildren(this.notice);
    this.listen();
  }

  listen() {
    const { outbox, leave } = this.store.sync;
    const { signal } = leave;
    // Before anybody else: Streamlit has keys of its own, R and C among them.
    document.addEventListener("keydown", (event) => this.key(event), { capture: true, signal });
    window.addEventListener("pagehide", () => this.remember(), { signal });
    window.addEventListener("beforeunload", (event) => outbox.stored || event.preventDefault(), {
      signal,
    });
    // After a click the keys go on as before: Space is for the photo, not for the button clicked last.
    this.root.addEventListener("click", this.unclick, { signal });
  }

  unclick = (event) => {
    const pressed = event.pointerType && event.target.closest("button, summary");
    const view = this.store.selection.inGroup ? this.group.element : this.list.element;
    if (pressed && !this.dialog && pressed.matches(":focus") && !pressed.closest(".menu"))
      view.focus({ preventScroll: true });
  };

  remember() {
    this.store.sync.sendPlace();
    if (this.begun) this.trail.remember();
  }

  close() {
    this.trail.close(); // first: what is closed now was not closed by the person
    this.remember();
    this.store.sync.close();
    this.dialog?.close();
    this.group.close();
    this.pictures.clear();
    this.root.replaceChildren();
  }

  /** Streamlit calls this with the same values over and over. */
  async show({ arrangement }, finish) {
    this.finish = finish;
    if (!(await this.store.load(arrangement))) return;
    if (this.begun) {
      this.list.refresh();
      this.stay("");
    } else this.begin();
  }

  begin() {
    this.begun = true;
    const { bar, list, group, said, heard, host } = this;
    this.root.replaceChildren(bar.element, list.element, group.element, said, heard, host);
    for (const part of ["compare.js", "bulk.js"]) import(`./${part}`).catch(() => {}); // there when they are wanted
    this.list.refresh();
    if (this.trail.comeBack()) return;
    const { groups, byId, place } = this.store.choices.book;
    const [only] = groups.length === 1 ? groups : [];
    const at = byId.has(place) ? place : only?.id;
    if (at) this.go(at, false);
    else this.goList(false);
  }

  // What the store tells.

  onSaving() {
    const { choices, sync } = this.store;
    if (choices.book) this.bar.refreshSaving();
    else if (sync.cut) this.notice.textContent = _("No connection to Unipic – trying again…");
  }

  onGone(message) {
    this.group.close();
    this.notice.textContent = message || _("This review no longer exists. Please start again with your photos.");
    this.root.replaceChildren(this.notice);
  }

  /** What is shown, shown again after it may have changed; `there` if it is gone. */
  stay(there, focus) {
    const { listing, selection, choices } = this.store;
    const { at, following, inGroup } = selection;
    const { byId } = choices.book;
    if (!inGroup) {
      this.list.refresh();
      if (focus) this.list.rows.focus(there);
    } else if (!byId.has(at)) {
      const next = [there, following].find((id) => byId.has(id)) || listing.order[0];
      if (next) this.go(next, false);
      else this.goList();
    } else if (this.group.group !== byId.get(at)) this.go(at, false, true);
    else {
      this.group.refresh();
      this.bar.refresh();
    }
  }

  // Where the person is.

  go(id, focus, again) {
    const group = this.store.open(id, again);
    if (!group) return;
    const opened = this.group.element.hidden;
    this.list.element.hidden = true;
    this.group.element.hidden = false;
    this.root.classList.add("in-group");
    this.group.show(group);
    this.bar.refresh();
    if (opened) this.root.scrollIntoView({ block: "start" });
    if (opened || focus || !this.root.getRootNode().activeElement) this.group.title.focus({ preventScroll: true });
    this.tell();
    this.preload();
    this.trail.note();
  }

  tell() {
    const { lane, photos, id } = this.group.group;
    const { order } = this.store.listing;
    const where = _("Group {place} of {n}", { place: order.indexOf(id) + 1, n: order.length });
    this.say(`${where}, ${count(photos.length, "photo")}, ${lower(LANES[lane])}`);
  }

  preload() {
    const { choices, listing, selection, sync } = this.store;
    const near = [
      [2, 2],
      [-1, 2],
      [1, 5],
    ]; // which group from here, and how many of its photos
    for (const [by, most] of near) {
      const photos = choices.book.byId.get(listing.beside(selection.at, by))?.photos ?? [];
      for (const photo of photos.slice(0, most)) if (photo.digest) this.pictures.get(sync.urls.thumb(photo));
    }
  }

  walk(by) {
    const next = this.store.listing.beside(this.store.selection.at, by);
    if (next) this.go(next);
    else this.say(by > 0 ? _("This is the last group") : _("This is the first group"), true);
  }

  /** To the next open group; where there is none, to the list, which says so. */
  goOn() {
    const { inGroup, at } = this.store.selection;
    const next = this.store.nextOpen(inGroup ? at : "");
    if (next) this.go(next, !inGroup);
    else this.goList();
  }

  goList(focus = true) {
    this.store.selection.leave();
    this.group.close();
    this.group.element.hidden = true;
    this.root.classList.remove("in-group");
    delete this.root.dataset.shown;
    this.list.show(this.store.selection.at, focus);
    this.trail.note();
  }

  // What can be done to groups.

  step(body) {
    this.store.choices.step(body);
    this.bar.refresh();
  }

  apart(group) {
    const { choices, listing, selection } = this.store;
    const next = this.store.nextOpen(group.id) || selection.following;
    this.step({ do: "apart", group: group.id });
    listing.order = listing.order.filter((id) => id !== group.id);
    this.say(_("Not duplicates: all its photos stay"), true);
    if (choices.book.byId.has(next)) this.go(next);
    else this.goList();
  }

  acceptMany(groups, words = _("{groups} accepted", { groups: count(groups.length, "group") }), does = "accept") {
    this.step({ do: does, groups });
    this.list.refresh();
    this.say(_("{words}. Undo takes it all back.", { words }), true);
  }

  reopen(groups) {
    this.step({ do: "reopen", groups });
    this.say(_("{groups} open again", { groups: count(groups.length, "group") }), true);
    this.stay();
  }

  merge(groups) {
    this.step({ do: "merge", groups });
    this.list.refresh();
    this.say(_("{groups} merged into one", { groups: count(groups.length, "group") }), true);
  }

  undo(way) {
    if (way === "undo" && this.store.selection.inGroup && this.group.unswipe()) return;
    if (this.store.undo(way)) this.bar.refresh();
    else this.say(way === "undo" ? _("Nothing to undo") : _("Nothing to redo"), true);
  }

  async finishUp() {
    this.say(_("Saving…"), true);
    await this.store.sync.outbox.start();
    this.finish();
  }

  // What opens above.

  bulk() {
    const { choices, sync } = this.store;
    const { book } = choices;
    const groups = ordered(book, "surest", { ...SHOW_ALL, state: "open" }).map((id) => book.byId.get(id));
    return this.openDialog("bulk.js", ({ openBulk }, host, onClose) =>
      openBulk({
        ...{ host, groups, onClose, urls: sync.urls },
        choiceOf: (group) => choices.book.choices[group.id],
        onAccept: (ids) => this.acceptMany(ids),
        onOpen: (id) => this.go(id, true),
      }),
    );
  }

  help() {
    return this.openDialog("help.js", (_, host, onClose) => openHelp({ host, onClose }));
  }

  /** `more` goes into the dialog's level, to open it again in the same way. */
  async openDialog(part, open, more = {}) {
    if (this.dialog || this.opening) return;
    this.opening = true;
    const before = this.root.getRootNode().activeElement;
    const closed = () => {
      this.dialog = null;
      this.trail.dialog();
      if (before?.isConnected) before.focus({ preventScroll: true });
    };
    try {
      this.dialog = open(await import(`./${part}`), this.host, closed);
      this.trail.dialog({ dialog: part, ...more });
    } catch {
      this.say(_("This could not be opened"), true);
    }
    this.opening = false;
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.().catch(() => this.say(_("Full screen is not allowed here"), true));
  }

  // Keys and words.

  key(event) {
    if (!this.store.choices.book || this.dialog || this.opening || !this.root.getClientRects().length) return;
    const from = event.composedPath();
    if (!from.includes(this.root) && !from[0].matches?.("html, body, section, main, div:not([role])")) return;
    if (document.querySelector("[aria-modal=true], dialog[open]")) return;
    const found = meaning(event, this.store.selection.inGroup ? "group" : "list");
    if (!found) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    perform(this, found);
  }

  /** For ears only, or where nothing else on the screen shows it also for eyes, for a moment. */
  say(words, seen = false) {
    const place = seen ? this.said : this.heard;
    place.textContent = words;
    if (!seen) return;
    this.dialog?.say?.(words);
    clearTimeout(this.silence);
    place.classList.add("seen");
    this.silence = setTimeout(() => place.classList.remove("seen"), SAID);
  }
}
