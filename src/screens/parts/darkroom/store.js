// All that the page knows, in four parts that do not know each other. The views get this one object.

import { Choices } from "./choices.js";
import { Listing } from "./filters.js";
import { _ } from "./language.js";
import { Selection } from "./selection.js";
import { Sync } from "./sync.js";

export class Store {
  /** `page` shows what came from the server: its onSaving, onGone, go, stay and say. */
  constructor(token, page) {
    const sync = new Sync(token);
    const choices = new Choices(sync.outbox);
    Object.assign(this, { page, sync, choices, listing: new Listing(), selection: new Selection() });
    sync.outbox.view = {
      version: () => choices.known?.version,
      onAnswer: (step, answer) => this.answer(step, answer),
      onState: () => page.onSaving(),
    };
  }

  /** Whether groups came. Streamlit asks with the same values over and over; only another arrangement is new. */
  async load(arrangement) {
    if (this.wanted === arrangement) return false;
    const first = this.wanted === undefined;
    this.wanted = arrangement;
    if (first) await this.sync.start();
    return this.choices.known?.arrangement !== arrangement && this.fetch();
  }

  /** Everything anew, or only the choices. False if another fetch overtook this one, or the run is gone. */
  async fetch(whole = true) {
    const answer = await this.sync.fetch(whole, () => this.page.onSaving());
    if (answer?.status === 200) this.choices.take(answer.body);
    else if (answer) this.gone(answer.body?.message);
    return answer?.status === 200;
  }

  gone(message) {
    this.sync.place("");
    this.choices.take(null);
    this.page.onGone(message);
  }

  undo(way) {
    return this.choices.undo(way, this.selection.moves);
  }

  async answer(step, { status, body }) {
    const { choices, listing, selection, page } = this;
    if (status === 404) return this.gone(body?.message);
    if (!choices.known) return;
    const asked = choices.undone(step);
    const before = choices.known;
    if (status === 200) choices.answered(body);
    else page.say(_("Not possible: {why}", { why: body?.message || _("please check this group again") }), true);
    const anew = status !== 200 || body.arrangement !== before.arrangement;
    if (anew || body.version !== before.version + 1) {
      if (!(await this.fetch(anew))) return;
    } else choices.show();
    const { groups, byId } = choices.book;
    if (anew) listing.carry(groups, selection.at);
    const changed = Object.keys(body?.choices ?? {});
    const there = [body?.place, changed.length === 1 && changed[0]].find((id) => byId.has(id));
    if (asked !== undefined && status === 200) {
      page.say(`${step.do === "undo" ? _("Undone") : _("Redone")}: ${before[step.do] || _("nothing")}`, true);
    }
    if (selection.inGroup && there && asked === selection.moves) page.go(there, false, true);
    else page.stay(there, step.do === "merge");
  }

  /** The group, where it is still there. */
  open(id, again) {
    const group = this.choices.book.byId.get(id);
    if (!group) return undefined;
    const { listing } = this;
    if (!listing.order.includes(id)) listing.order = [...listing.order, id]; // opened from outside the filter
    this.selection.open(id, listing.beside(id, 1), again);
    this.sync.place(id);
    return group;
  }

  nextOpen(from) {
    return this.listing.nextOpen(this.choices.book.choices, from);
  }

  /** The ticked groups that are also listed: nothing out of sight is decided. */
  get chosen() {
    return this.listing.order.filter((id) => this.selection.ticked.has(id));
  }
}
