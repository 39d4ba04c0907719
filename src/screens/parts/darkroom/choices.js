// What the person chose: the server's state, and on top of it the steps it has not answered yet. No page and no network.

import { inOrder, kept } from "./groups.js";

export class Choices {
  constructor(outbox) {
    Object.assign(this, { outbox, known: null, book: null }); // known: as the server said; book: with the waiting steps
    this.undoing = new Map(); // id of an undo step -> the mark it was asked with
  }

  /** All groups, or only the choices, as the server said; null once the review is gone. */
  take(body) {
    this.known = body && { ...this.known, ...body };
    this.show();
  }

  /** The answer to a step; a choice that is null stands for a group as it was before anybody touched it. */
  answered({ choices, version, undo, redo, ledger }) {
    const all = Object.entries({ ...this.known.choices, ...choices }).filter(([, choice]) => choice);
    this.known = { ...this.known, version, undo, redo, ledger, choices: Object.fromEntries(all) };
  }

  show() {
    const { groups, choices } = this.known ?? {};
    const byId = new Map(groups?.map((group) => [group.id, group]));
    this.book = this.known && { ...this.known, choices: { ...choices }, byId };
    if (this.book) for (const step of this.outbox.steps) this.apply(step);
  }

  /** A step as it will turn out. Undo, redo, split and merge are for the server to say. */
  apply(step) {
    const { byId, choices } = this.book;
    const put = (id, done, ids) => {
      const group = byId.get(id);
      if (group) choices[id] = { kept: inOrder(group, ids ?? kept(group, choices[id])), done, remembered: false };
    };
    if (step.do === "choose") put(step.group, step.done, new Set(step.kept));
    if (step.do === "aside") for (const id of step.groups) put(id, true, new Set());
    if (step.do === "accept" || step.do === "reopen") for (const id of step.groups) put(id, step.do === "accept");
    if (step.do === "apart" && byId.delete(step.group)) this.book.groups = [...byId.values()];
  }

  step(body) {
    this.apply(this.outbox.add(body));
  }

  /** `way` is undo or redo. False if there is nothing to undo; steps that wait can be undone too. */
  undo(way, mark) {
    if (!this.outbox.steps.length && !this.book[way]) return false;
    this.undoing.set(this.outbox.add({ do: way }).step, mark);
    return true;
  }

  /** The mark of an undo step that was answered; undefined for other steps. */
  undone({ step }) {
    const mark = this.undoing.get(step);
    this.undoing.delete(step);
    return mark;
  }
}
