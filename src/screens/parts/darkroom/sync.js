// The connection to the server: what is fetched, the queue of steps, and the place the person is at.

import { call, outboxOf, pause, urls, worthRetrying } from "./api.js";

const PATIENCE = 3000; // milliseconds for what an earlier page left unsent, before the groups are asked for
const SETTLED = 400; // milliseconds at a group before the server is told the place

export class Sync {
  constructor(token) {
    Object.assign(this, { urls: urls(token), outbox: outboxOf(token), leave: new AbortController() });
    this.turn = 0;
  }

  /** Sends what earlier pages left. */
  start() {
    return Promise.race([this.outbox.start(), new Promise((go) => setTimeout(go, PATIENCE))]);
  }

  /** All groups, or only the choices, once the server answers: null if another fetch overtook this one. */
  async fetch(whole, onTry) {
    const turn = (this.turn += 1);
    for (let tries = 0; ; tries += 1) {
      const answer = await call(this.urls.review + (whole ? "" : "?only=choices"));
      if (this.leave.signal.aborted || turn !== this.turn) return null;
      this.cut = worthRetrying(answer);
      onTry();
      if (!this.cut) return answer;
      await pause(tries);
    }
  }

  /** Tells the server where the person is, once they have rested there. */
  place(id) {
    clearTimeout(this.placing);
    this.unplaced = id;
    this.placing = setTimeout(() => this.sendPlace(), SETTLED);
  }

  sendPlace() {
    clearTimeout(this.placing);
    if (this.unplaced) call(this.urls.review, { do: "place", group: this.unplaced });
    this.unplaced = "";
  }

  close() {
    this.leave.abort();
    this.sendPlace();
    this.outbox.view = null;
  }
}
