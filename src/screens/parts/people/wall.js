// Everybody as a wall of faces, by kind; some of them selected, to be joined, hidden or put away.

import { count, h, refill } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { _, number } from "../darkroom/language.js";
import { faceOf } from "./face.js";

const KINDS = { person: _("People"), unnamed: _("Unnamed"), other: _("Everyone else"), hidden: _("Hidden") };
const NOTHING = {
  person: _("Nobody has a name yet. Look under Unnamed, or answer the questions."),
  unnamed: _("Nobody occurs in three photos. All other faces are under Everyone else."),
  other: _("No other faces."),
  hidden: _("Nobody is hidden."),
};
const AT_ONCE = 120; // cards that are drawn before one asks for more

export class Wall {
  /** page: store, open(id), deck(), told(). */
  constructor(page) {
    this.page = page;
    this.kind = "";
    this.chosen = new Set();
    this.most = AT_ONCE;
    this.element = h("section", { "aria-label": _("People") });
  }

  draw() {
    const { book } = this.page.store;
    if (!book[this.kind]?.length) this.kind = Object.keys(KINDS).find((kind) => book[kind].length) ?? "person";
    const all = book[this.kind];
    const there = new Set(all.map(({ id }) => id));
    this.chosen = new Set([...this.chosen].filter((id) => there.has(id)));
    const tabs = Object.entries(KINDS).map(([kind, words]) =>
      h(
        "button",
        { class: "chip", "aria-pressed": String(kind === this.kind), onclick: () => this.show(kind) },
        words,
        h("span", { class: "quiet" }, ` ${number(book[kind].length)}`),
      ),
    );
    const cards = all.slice(0, this.most).map((one) => this.card(one));
    const more = all.length > this.most && h("button", { onclick: () => this.more() }, _("Show more"));
    refill(
      this.element,
      h("div", { class: "bar" }, h("div", { class: "chips", role: "group", "aria-label": _("Show") }, ...tabs), this.byPicture(), this.asked(book), this.undo(book)),
      this.tools(),
      all.length ? h("ul", { class: "wall" }, ...cards) : h("p", { class: "quiet empty" }, NOTHING[this.kind]),
      more,
      h("datalist", { id: "people-names" }, ...this.page.store.names.map((name) => h("option", { value: name }))),
    );
  }

  byPicture() {
    const file = h("input", { type: "file", accept: "image/*", hidden: true, onchange: () => file.files[0] && this.page.findBy(file.files[0]) });
    const words = _("Find a person by a picture: choose one, or drop it here. It is not kept.");
    return h("span", {}, file, h("button", { title: words, onclick: () => file.click() }, icon("faces"), _("By a picture…")));
  }

  asked({ questions }) {
    return (
      questions > 0 &&
      h("button", { class: "strong", onclick: () => this.page.deck() }, icon("doubt"), _("{questions} ready", { questions: count(questions, "question") }))
    );
  }

  undo({ undo }) {
    return undo && h("button", { onclick: () => this.page.say({ do: "undo" }) }, icon("undo"), _("Undo: {undo}", { undo }));
  }

  show(kind) {
    Object.assign(this, { kind, most: AT_ONCE });
    this.chosen.clear();
    this.draw();
  }

  more() {
    this.most += AT_ONCE;
    this.draw();
  }

  card(one) {
    const about = [count(one.photos, "photo"), [...new Set(one.years)].join("–")].filter(Boolean).join(" · ");
    const who = one.name || _("Unnamed");
    const choose = h("input", {
      type: "checkbox",
      "aria-label": _("Select {who}, {about}", { who, about }),
      checked: this.chosen.has(one.id),
      onchange: () => (this.chosen[choose.checked ? "add" : "delete"](one.id), this.drawTools()),
    });
    const open = h(
      "button",
      { class: "open", "aria-label": `${who}, ${about}`, onclick: () => this.page.open(one.id) },
      faceOf(one.cover),
    );
    return h("li", { class: "card" }, open, h("label", { class: "choose" }, choose), this.page.nameField(one), h("span", { class: "quiet" }, about));
  }

  tools() {
    this.toolbar = h("div", { class: "tools", role: "toolbar", "aria-label": _("With those selected"), hidden: !this.chosen.size });
    this.drawTools();
    return this.toolbar;
  }

  drawTools() {
    const ids = [...this.chosen];
    const act = (words, said) => h("button", { onclick: () => this.page.say({ ...said, ids }) }, words);
    const each = (words, said) =>
      h("button", { onclick: () => this.page.sayAll(ids.map((id) => ({ ...said, id }))) }, words);
    this.toolbar.hidden = !ids.length;
    refill(
      this.toolbar,
      h("span", {}, _("{n} selected", { n: ids.length })),
      ids.length > 1 && h("button", { class: "strong", onclick: () => this.page.join(ids) }, _("Join")),
      this.kind === "hidden" ? each(_("Show again"), { do: "hide", on: false }) : each(_("Hide"), { do: "hide" }),
      this.kind !== "other" && act(_("Of no interest"), { do: "nobody" }),
      h("button", { class: "plain", onclick: () => (this.chosen.clear(), this.draw()) }, _("Select none")),
    );
  }
}
