// What Python knows, what the person did since, and how the two are kept together. The page itself is in main.js.

import { call, outboxOf, pause, urls, worthRetrying } from "./api.js";
import { answered, apply, book, carried, withSteps } from "./store.js";

const PATIENCE = 3000; // milliseconds for what an earlier page left unsent, before the groups are asked for

export class Synced {
  constructor(token) {
    Object.assign(this, { token, urls: urls(token), outbox: outboxOf(token) });
    this.leave = new AbortController();
    this.known = null; // as Python said
    this.book = null; // as it is with the steps that wait on top
    this.moves = 0; // counts what the person opened: an answer that comes later must not tear them away
    this.undoing = new Map(); // id of an undo step -> `moves` when it was asked for
    this.outbox.view = {
      version: () => this.known?.version,
      onAnswer: (step, answer) => this.answer(step, answer),
      onState: () => this.book && this.bar.refreshSaving(),
    };
  }

  /** Streamlit calls this with the same values over and over; only another arrangement means anything new. */
  async show({ arrangement, view }, finish) {
    this.finish = finish;
    if (this.wanted === arrangement) return;
    const first = this.wanted === undefined;
    this.wanted = arrangement;
    if (first) await Promise.race([this.outbox.start(), new Promise((go) => setTimeout(go, PATIENCE))]);
    if (this.known?.arrangement === arrangement || !(await this.fetch())) return;
    if (!this.begun) {
      this.begun = true;
      this.begin(view);
    } else {
      this.list.refresh();
      this.stay("");
    }
  }

  /** Everything anew, or only the choices. False if another fetch overtook this one, or the run is gone. */
  async fetch(whole = true) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const signal = this.leave.signal;
    for (let tries = 0; ; tries += 1) {
      const answer = await call(this.urls.review + (whole ? "" : "?only=choices"));
      if (signal.aborted || turn !== this.turn) return false;
      this.cut = worthRetrying(answer);
      if (this.book) this.bar.refreshSaving();
      if (answer.status === 200 && answer.body) {
        this.known = book({ ...this.known, ...answer.body });
        this.book = withSteps(this.known, this.outbox.steps);
        return true;
      }
      if (!this.cut) return this.gone(answer.body?.message);
      if (!this.book) this.notice.textContent = "No connection to Unipic – trying again…";
      await pause(tries);
    }
  }

  gone(message) {
    this.group.close();
    this.known = this.book = null;
    this.notice.textContent = message || "This review no longer exists. Please start again with your photos.";
    this.root.replaceChildren(this.notice);
    return false;
  }

  step(body) {
    apply(this.book, this.outbox.add(body));
    this.bar.refresh();
  }

  async answer(step, { status, body }) {
    if (!this.known || status === 404) return status === 404 && this.gone(body?.message);
    const asked = this.undoing.get(step.step);
    this.undoing.delete(step.step);
    const before = this.known;
    if (status === 200) this.known = answered(before, body);
    else this.say(`Not possible: ${body?.message || "please check this group again"}`, true);
    const anew = status !== 200 || body.arrangement !== before.arrangement;
    if (anew || body.version !== before.version + 1) {
      if (!(await this.fetch(anew))) return;
    } else this.book = withSteps(this.known, this.outbox.steps);
    if (anew) this.order = carried(this.order, this.book.groups, this.at);
    const changed = Object.keys(body?.choices ?? {});
    const there = [body?.place, changed.length === 1 && changed[0]].find((id) => this.book.byId.has(id));
    const back = asked === this.moves;
    if (asked !== undefined && status === 200) {
      this.say(`${step.do === "undo" ? "Undone" : "Redone"}: ${before[step.do] || "nothing"}`, true);
    }
    if (this.inGroup && back && there) this.go(there, false, true);
    else this.stay(there, step.do === "merge");
  }
}
