// The page: the timeline, or one event above it. What is open is in the browser's history.

import { call } from "../darkroom/api.js";
import { h } from "../darkroom/dom.js";
import { _ } from "../darkroom/language.js";
import { Levels } from "../darkroom/levels.js";
import { keepPlace } from "../gallery/memory.js";
import { One } from "./one.js";
import { Timeline } from "./timeline.js";

const PRINTING = 300000; // milliseconds: a large page of photos at full size takes a slow server minutes
const LOST = _("The server could not be reached. Please try again.");

export class Events {
  constructor(root, token) {
    Object.assign(this, { root, token });
    this.closed = new AbortController();
    this.levels = new Levels("events", (levels) => this.restore(levels));
    this.said = h("p", { class: "said", role: "status" });
    this.undo = h("button", { class: "plain", hidden: true, onclick: () => this.say({ do: "undo" }, _("Taken back.")) }, _("Undo"));
    this.bar = h("div", { class: "told" }, this.said, this.undo);
    this.body = h("div", {});
    root.replaceChildren(this.bar, this.body);
    this.told(_("Looking for events…"));
    this.restore(this.levels.here ?? []);
  }

  /** Streamlit calls this over and over. */
  show(_, onGo) {
    this.onGo = onGo;
  }

  close() {
    this.closed.abort();
    this.levels.close();
    this.root.replaceChildren();
  }

  told(words, undo = false) {
    this.said.textContent = words;
    this.undo.hidden = !undo;
  }

  /** What an address answers; null after a problem, which is told. */
  async ask(path, body, patience) {
    const { status, body: answer } = await call(`/unipic/events${path}`, body, patience);
    if (this.closed.signal.aborted) return null;
    if (status === 200) return answer;
    this.told(answer?.message ?? LOST);
    return null;
  }

  restore(levels) {
    const [open] = levels;
    if (open?.event) this.openEvent(open.event);
    else this.openTimeline();
  }

  async openTimeline(focus = "") {
    this.levels.show([]);
    const book = await this.ask("");
    if (!book) return;
    this.told("");
    this.one = null;
    this.timeline = new Timeline(book.events, this);
    this.body.replaceChildren(this.timeline.element);
    this.timeline.element.querySelector(focus ? `[data-event="${focus}"]` : "h1")?.focus({ preventScroll: !focus });
    const clocks = await this.ask("/clocks");
    if (clocks && this.timeline) this.timeline.offer(clocks);
  }

  async openEvent(id) {
    const event = await this.ask(`/one/${id}`);
    if (!event) return this.one ? undefined : this.openTimeline();
    this.levels.show([{ event: id }]);
    this.timeline = null;
    if (this.said.textContent.endsWith("…")) this.told("");
    this.one = new One(event, this);
    this.body.replaceChildren(this.one.element);
    this.one.focus();
  }

  /** Tell the server what the person says; then the event that has `photo`, or the timeline, is shown anew. */
  async say(what, words) {
    const photo = what.photo ?? this.one?.event.best[0];
    const answer = await this.ask("/say", { ...what, photo });
    if (!answer) return;
    if (this.one && answer.event) await this.openEvent(answer.event);
    else await this.openTimeline();
    this.told(words, what.do !== "undo");
  }

  async album(events) {
    const answer = await this.ask("/album", { events });
    if (answer) this.onGo?.({ run: answer.run });
  }

  /** A page of an event to print; null after a problem. */
  print(event, how) {
    return this.ask("/collage", { event, ...how }, PRINTING);
  }

  /** The photos of an event among all photos, by the search box. */
  photos(id) {
    keepPlace({ filter: { q: `event:${id}` } });
    this.onGo?.({ photos: true });
  }
}
