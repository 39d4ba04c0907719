// The darkroom: all groups in a list, or one group large. Python decides; this shows, and sends what the person does.

import { perform } from "./actions.js";
import { call } from "./api.js";
import { Bar } from "./bar.js";
import { count, h } from "./dom.js";
import { GroupView } from "./group.js";
import { openHelp } from "./help.js";
import { meaning } from "./keys.js";
import { ListView } from "./list.js";
import { Pictures } from "./pictures.js";
import { LANES, SHOW_ALL, kept, nextOpen, ordered } from "./store.js";
import { Synced } from "./sync.js";

const SETTLED = 400; // milliseconds at a group before Python is told the place
const SAID = 4000; // milliseconds a message stays

export class Darkroom extends Synced {
  constructor(root, token) {
    super(token);
    Object.assign(this, { root, pictures: new Pictures() });
    this.order = []; // ids of groups, as the list shows them
    this.at = ""; // the group that is shown, or was last
    this.inGroup = false;
    this.bar = new Bar(this);
    this.list = new ListView(this);
    this.group = new GroupView(this);
    this.said = h("p", { class: "said", role: "status" });
    this.heard = h("p", { class: "hidden", role: "status" });
    this.host = h("div");
    this.notice = h("p", { class: "quiet", role: "status" }, "Loading the groups…");
    root.replaceChildren(this.notice);
    this.listen();
  }

  listen() {
    const { signal } = this.leave;
    // Before anybody else: Streamlit has keys of its own, R and C among them.
    document.addEventListener("keydown", (event) => this.key(event), { capture: true, signal });
    window.addEventListener("pagehide", () => this.sendPlace(), { signal });
    window.addEventListener("beforeunload", (event) => this.outbox.stored || event.preventDefault(), {
      signal,
    });
    // After a click the keys go on as before: Space is for the photo, not for the button clicked last.
    this.root.addEventListener("click", this.unclick, { signal });
  }

  unclick = (event) => {
    const pressed = event.pointerType && event.target.closest("button, summary");
    const view = this.inGroup ? this.group.element : this.list.element;
    if (pressed && !this.dialog && pressed.matches(":focus") && !pressed.closest(".menu"))
      view.focus({ preventScroll: true });
  };

  close() {
    this.leave.abort();
    this.sendPlace();
    this.outbox.view = null;
    this.dialog?.close();
    this.group.close();
    this.pictures.clear();
    this.root.replaceChildren();
  }

  begin(view) {
    this.root.replaceChildren(
      this.bar.element,
      this.list.element,
      this.group.element,
      this.said,
      this.heard,
      this.host,
    );
    this.list.refresh();
    const { groups, byId, place } = this.book;
    const [only] = groups.length === 1 ? groups : [];
    const at = byId.has(place) ? place : only?.id || (view === "one" ? this.order[0] : "");
    if (at && view !== "groups") this.go(at, false);
    else this.goList(false);
    for (const part of ["compare.js", "bulk.js"]) import(`./${part}`).catch(() => {}); // there when they are wanted
  }

  /** What is shown, shown again after it may have changed; `there` if it is gone. */
  stay(there, focus) {
    const { inGroup, at, order, book } = this;
    if (!inGroup) {
      this.list.refresh();
      if (focus) this.list.rows.focus(there);
    } else if (!book.byId.has(at)) {
      const next = [there, this.following].find((id) => book.byId.has(id)) || order[0];
      if (next) this.go(next, false);
      else this.goList();
    } else if (this.group.group !== book.byId.get(at)) this.go(at, false, true);
    else {
      this.group.refresh();
      this.bar.refresh();
    }
  }

  // Where the person is.

  go(id, focus, again) {
    const group = this.book.byId.get(id);
    if (!group) return;
    if (!again) this.moves += 1;
    Object.assign(this, { at: id, inGroup: true });
    if (!this.order.includes(id)) this.order = [...this.order, id]; // opened from outside the filter
    this.following = this.order[this.order.indexOf(id) + 1];
    const opened = this.group.element.hidden;
    this.list.element.hidden = true;
    this.group.element.hidden = false;
    this.root.classList.add("in-group");
    this.group.show(group);
    this.bar.refresh();
    if (opened) this.root.scrollIntoView({ block: "start" });
    if (opened || focus || !this.root.getRootNode().activeElement)
      this.group.title.focus({ preventScroll: true });
    this.tell();
    this.preload();
    clearTimeout(this.placing);
    this.unplaced = id;
    this.placing = setTimeout(() => this.sendPlace(), SETTLED);
  }

  tell() {
    const { lane, photos } = this.group.group;
    const where = `Group ${this.order.indexOf(this.at) + 1} of ${this.order.length}`;
    const words = `${where}, ${count(photos.length, "photo")}, ${LANES[lane].toLowerCase()}`;
    this.say(words);
  }

  preload() {
    const at = this.order.indexOf(this.at);
    const near = [
      [2, 2],
      [-1, 2],
      [1, 5],
    ]; // which group from here, and how many of its photos
    for (const [by, most] of near) {
      const photos = this.book.byId.get(this.order[at + by])?.photos ?? [];
      for (const photo of photos.slice(0, most)) if (photo.digest) this.pictures.get(this.urls.thumb(photo));
    }
  }

  sendPlace() {
    clearTimeout(this.placing);
    if (this.unplaced && this.book) call(this.urls.review, { do: "place", group: this.unplaced });
    this.unplaced = "";
  }

  walk(by) {
    const next = this.order[this.order.indexOf(this.at) + by];
    if (next) this.go(next);
    else this.say(by > 0 ? "This is the last group" : "This is the first group", true);
  }

  /** To the next open group; where there is none, to the list, which says so. */
  goOn() {
    const next = nextOpen(this.order, this.book.choices, this.inGroup ? this.at : "");
    if (next) this.go(next, !this.inGroup);
    else this.goList();
  }

  goList(focus = true) {
    this.moves += 1;
    this.inGroup = false;
    this.group.close();
    this.group.element.hidden = true;
    this.root.classList.remove("in-group");
    delete this.root.dataset.shown;
    this.list.show(this.at, focus);
  }

  // What can be done to groups.

  apart(group) {
    const next = nextOpen(this.order, this.book.choices, group.id) || this.following;
    this.step({ do: "apart", group: group.id });
    this.order = this.order.filter((id) => id !== group.id);
    this.say("Not duplicates: all its photos stay", true);
    if (this.book.byId.has(next)) this.go(next);
    else this.goList();
  }

  acceptMany(groups) {
    this.step({ do: "accept", groups });
    this.list.refresh();
    this.say(`${count(groups.length, "group")} accepted`, true);
  }

  reopen(groups) {
    this.step({ do: "reopen", groups });
    this.say(`${count(groups.length, "group")} open again`, true);
    this.stay();
  }

  merge(groups) {
    this.step({ do: "merge", groups });
    this.list.refresh();
    this.say(`${count(groups.length, "group")} merged into one`, true);
  }

  undo(way) {
    if (!this.outbox.steps.length && !this.book[way]) return this.say(`Nothing to ${way}`, true);
    this.undoing.set(this.outbox.add({ do: way }).step, this.moves);
    this.bar.refresh();
  }

  async finishUp() {
    this.say("Saving…", true);
    await this.outbox.start();
    this.finish();
  }

  // What opens above.

  bulk() {
    const { book } = this;
    const groups = ordered(book, "surest", { ...SHOW_ALL, state: "open" }).map((id) => book.byId.get(id));
    this.openDialog("bulk.js", ({ openBulk }, host, onClose) =>
      openBulk({
        ...{ host, groups, onClose, urls: this.urls },
        keptOf: (group) => kept(group, this.book.choices[group.id]),
        onAccept: (ids) => this.acceptMany(ids),
        onOpen: (id) => this.go(id, true),
      }),
    );
  }

  help() {
    this.openDialog("help.js", (_, host, onClose) => openHelp({ host, onClose }));
  }

  async openDialog(part, open) {
    if (this.dialog || this.opening) return;
    this.opening = true;
    const before = this.root.getRootNode().activeElement;
    const closed = () => {
      this.dialog = null;
      if (before?.isConnected) before.focus({ preventScroll: true });
    };
    try {
      this.dialog = open(await import(`./${part}`), this.host, closed);
    } catch {
      this.say("This could not be opened", true);
    }
    this.opening = false;
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.().catch(() => this.say("Full screen is not allowed here", true));
  }

  // Keys and words.

  key(event) {
    if (!this.book || this.dialog || this.opening || !this.root.getClientRects().length) return;
    const from = event.composedPath();
    if (!from.includes(this.root) && !from[0].matches?.("html, body, section, main, div:not([role])")) return;
    if (document.querySelector("[aria-modal=true], dialog[open]")) return;
    const found = meaning(event, this.inGroup ? "group" : "list");
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
    clearTimeout(this.silence);
    place.classList.add("seen");
    this.silence = setTimeout(() => place.classList.remove("seen"), SAID);
  }
}
