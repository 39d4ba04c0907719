// Questions, one at a time: are these two the same person? The next is there at once; answers follow to the server.

import { count, h, refill } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { _ } from "../darkroom/language.js";
import { faceOf } from "./face.js";

const FEW = 10; // questions left, at which more are fetched
const KEYS = { y: "same", n: "different", s: "skip" };
const WORDS = { same: _("Yes, the same"), different: _("No, two people"), skip: _("Can't tell") };

export class Deck {
  /** page: store, back(). */
  constructor(page) {
    this.page = page;
    this.element = h("section", { class: "deck", "aria-label": _("Same person?") });
    this.sending = Promise.resolve();
  }

  async show() {
    Object.assign(this, { answered: 0, placed: 0, waiting: [], left: 0 });
    await this.fetch();
    this.draw();
    this.element.querySelector(".answers button")?.focus();
  }

  async fetch() {
    const found = await this.page.store.questions();
    if (!found) return;
    const [now] = this.waiting;
    const same = ({ pair }) => now && String(pair) === String(now.pair);
    this.left = found.left;
    this.waiting = now ? [now, ...found.questions.filter((one) => !same(one))] : found.questions;
  }

  draw() {
    const [now, next] = this.waiting;
    const told = h("p", { class: "quiet", role: "status" }, _("{answers}, {faces} placed, {left:,} to go", { answers: count(this.answered, "answer"), faces: count(this.placed, "face"), left: this.left }));
    const back = h("button", { class: "plain", onclick: () => this.page.back(true) }, icon("left"), _("Everybody"));
    const undo = this.answered > 0 && h("button", { "aria-keyshortcuts": "u", onclick: () => this.undo() }, icon("undo"), _("Undo"), h("kbd", {}, "U"));
    if (!now) return refill(this.element, back, h("h2", {}, _("No more questions")), told, undo);
    const answers = Object.entries(KEYS).map(([key, said]) =>
      h(
        "button",
        { class: said === "same" ? "strong" : null, "aria-keyshortcuts": key, onclick: () => this.answer(said) },
        WORDS[said],
        h("kbd", {}, key.toUpperCase()),
      ),
    );
    const ahead = next ? h("div", { hidden: true }, ...next.sides.flatMap(({ faces }) => faces).map(({ digest }) => h("img", { alt: "", src: `/unipic/thumb/library/${digest}` }))) : null;
    refill(
      this.element,
      back,
      h("h2", {}, now.together ? _("One person twice in a photo, as in a mirror?") : _("The same person?")),
      h("div", { class: "sides" }, ...now.sides.map((one) => side(one))),
      h("div", { class: "answers" }, ...answers, undo),
      told,
      ahead,
    );
  }

  key(event) {
    const key = event.key.toLowerCase();
    if (KEYS[key] && this.waiting.length) this.answer(KEYS[key]);
    else if (key === "u" && this.answered) this.undo();
    else return false;
    return true;
  }

  answer(said) {
    const [now, ...rest] = this.waiting;
    this.waiting = said === "same" ? rest.filter(({ pair }) => !pair.includes(now.pair[1])) : rest;
    this.answered += 1;
    this.left = Math.max(this.left - 1, this.waiting.length);
    if (said === "same") this.placed += now.faces;
    this.draw();
    this.element.querySelector(".answers button")?.focus();
    this.sending = this.sending.then(async () => {
      const told = await this.page.store.say({ do: "answer", pair: now.pair, said });
      if (told) this.left = Math.max(told.left, this.waiting.length);
      if (!told || said === "same" || this.waiting.length < FEW) await this.fetch();
      this.draw();
    });
  }

  undo() {
    this.answered -= 1;
    this.waiting = [];
    this.sending = this.sending.then(async () => {
      await this.page.store.say({ do: "unanswer" });
      await this.fetch();
      this.draw();
    });
  }
}

function side({ name, number, faces }) {
  return h(
    "figure",
    {},
    h("div", { class: "strip" }, ...faces.map((face, place) => faceOf(face, _("{name} {place} of {n}", { name: name || _("Face"), place: place + 1, n: faces.length })))),
    h("figcaption", {}, h("strong", {}, name || _("Unnamed")), h("span", { class: "quiet" }, ` ${count(number, "face")}`)),
  );
}
