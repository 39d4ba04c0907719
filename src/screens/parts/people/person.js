// One person: name, birth date, all faces, and what can be said of some of them.

import { count, h, refill } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { _, ngettext } from "../darkroom/language.js";
import { sheet } from "../events/sheet.js";
import { faceOf } from "./face.js";
import { clock } from "../gallery/words.js";
import { searchFor } from "./store.js";
import { question } from "../darkroom/question.js";

const AT_ONCE = 200; // faces that are drawn before one asks for more
const UNSURE = 90; // of 100: faces less like the others are looked at first

export class Person {
  /** page: store, say(said), back(), open(id), go(where). */
  constructor(page) {
    this.page = page;
    this.element = h("section", { "aria-label": _("Person") });
    this.chosen = new Set();
  }

  async show(id) {
    this.id = id;
    this.chosen.clear();
    this.most = AT_ONCE;
    this.checking = false;
    await this.load();
    this.element.querySelector("button")?.focus();
  }

  async load() {
    const asked = this.id;
    const one = await this.page.store.person(asked);
    if (this.id !== asked) return;
    if (!one) return this.page.back();
    this.one = one;
    this.id = one.id;
    this.draw();
  }

  draw() {
    const { one } = this;
    const who = one.name || _("this person");
    const born = h("input", {
      type: "text",
      value: one.born,
      placeholder: _("Born: 2015-03"),
      "aria-label": _("Birth date, as 2015, 2015-03 or 2015-03-14"),
      maxLength: 10,
      onchange: () => this.page.say({ do: "born", id: one.id, born: born.value }),
    });
    const photos = one.name && h("button", { class: "strong", onclick: () => (searchFor(one.name), this.page.go({ photos: true })) }, icon("groups"), _("All photos"));
    const paper = sheet((how) => this.page.store.print(one.id, how));
    const print = h("button", { onclick: () => (paper.hidden = !paper.hidden) }, icon("album"), _("Page to print…"));
    const unsure = one.all.filter((face) => face.likeness !== null && face.likeness < UNSURE).length;
    const faces = this.checking
      ? [...one.all].sort((a, b) => (a.likeness ?? -1) - (b.likeness ?? -1))
      : one.all;
    const check = h(
      "button",
      { class: "chip", "aria-pressed": String(this.checking), onclick: () => ((this.checking = !this.checking), this.draw()) },
      _("Least sure first") + (unsure ? ` (${unsure})` : ""),
    );
    refill(
      this.element,
      h("button", { class: "plain", onclick: () => this.page.back() }, icon("left"), _("Everybody")),
      h(
        "header",
        { class: "head" },
        faceOf(one.cover),
        h(
          "div",
          { class: "about" },
          h("h2", { class: "hidden" }, one.name || _("Unnamed")),
          this.page.nameField(one),
          h("p", { class: "quiet" }, _("{faces} in {photos}", { faces: count(one.faces, "face"), photos: count(one.photos, "photo") }) + (one.years.length ? `, ${[...new Set(one.years)].join("–")}` : "")),
          h("div", { class: "row" }, born, photos, this.hide(), print, this.forget(who)),
        ),
      ),
      paper,
      this.together(),
      this.films(who),
      h("div", { class: "bar" }, h("h3", {}, _("Faces")), one.all.length > 1 && check, h("span", { class: "quiet" }, _("Select those that are wrong."))),
      this.tools(who),
      h("ul", { class: "faces" }, ...faces.slice(0, this.most).map((face) => this.face(face))),
      faces.length > this.most && h("button", { onclick: () => ((this.most += AT_ONCE), this.draw()) }, _("Show more")),
      one.unfound > 0 && h("p", { class: "quiet" }, ngettext("{n:,} face said to be {who} is not found any more; what was said is kept.", "{n:,} faces said to be {who} are not found any more; what was said is kept.", one.unfound, { who })),
    );
  }

  hide() {
    const { id, hidden } = this.one;
    return h("button", { onclick: () => this.page.say({ do: "hide", id, on: !hidden }) }, hidden ? _("Show again") : _("Hide"));
  }

  forget(who) {
    const about = _("The name, all that was said of {faces}, their numbers and pictures are deleted. This cannot be undone. Not to find the person in new photos either, 128 numbers of the face have to be kept to know whom, until all faces are deleted.", { faces: count(this.one.faces, "face") });
    const act = (again) => async () => {
      if (await this.page.store.say({ do: "forget", id: this.one.id, again })) this.page.back(true);
    };
    return h(
      "button",
      { onclick: () => question(this.element, { title: _("Forget {who}?", { who }), words: about, answers: [[_("Forget, and never find again"), act(false)], [_("Forget"), act(true)]] }) },
      _("Forget…"),
    );
  }

  together() {
    const { with: others } = this.one;
    return (
      others.length > 0 &&
      h(
        "div",
        { class: "with", role: "group", "aria-label": _("Together with") },
        ...others.map((one) =>
          h("button", { class: "chip", onclick: () => this.page.open(one.id) }, faceOf(one.cover), `${one.name} ${one.together}`),
        ),
      )
    );
  }

  /** Each film that shows the person, with the times at which the film is opened. */
  films(who) {
    const { films } = this.one;
    const at = (film, time) => h("a", { href: `/videos?film=${film.digest}&at=${time}`, "aria-label": _("{who} at {time}", { who, time: clock(time) }) }, clock(time));
    const row = (film) => h("li", {}, _("{name} at", { name: film.name.split("/").pop() }), " ", ...film.times.flatMap((time, place) => [place ? ", " : "", at(film, time)]));
    return films.length > 0 && h("div", { class: "films" }, h("h3", {}, _("In films")), h("ul", {}, ...films.map(row)));
  }

  face(face) {
    const words = [face.day || _("No date"), face.at == null ? "" : _("in a film at {at}", { at: clock(face.at) }), face.likeness === null ? "" : _("{likeness} % like the others", { likeness: face.likeness }), face.poor].filter(Boolean);
    const button = h(
      "button",
      {
        title: words.join(", "),
        "aria-label": _("Face, {about}", { about: words.join(", ") }),
        "aria-pressed": String(this.chosen.has(face.key)),
        onclick: () => {
          this.chosen[this.chosen.has(face.key) ? "delete" : "add"](face.key);
          button.setAttribute("aria-pressed", String(this.chosen.has(face.key)));
          this.drawTools();
        },
      },
      faceOf(face),
    );
    return h("li", {}, button);
  }

  tools(who) {
    this.who = who;
    this.toolbar = h("div", { class: "tools", role: "toolbar", "aria-label": _("With the faces selected") });
    this.drawTools();
    return this.toolbar;
  }

  drawTools() {
    const faces = [...this.chosen];
    const { id } = this.one;
    const act = (words, said, strong) =>
      h("button", { class: strong ? "strong" : null, onclick: () => this.said({ ...said, faces }) }, words);
    const others = this.page.store.book.person.filter((one) => one.id !== id);
    const give = h(
      "select",
      { "aria-label": _("Give to"), onchange: () => give.value && this.said({ do: "split", faces, to: give.value }) },
      h("option", { value: "" }, _("Give to…")),
      ...others.map((one) => h("option", { value: one.id }, one.name)),
    );
    this.toolbar.hidden = !faces.length;
    refill(
      this.toolbar,
      h("span", {}, _("{n} selected", { n: faces.length })),
      act(_("Not {who}", { who: this.who }), { do: "not", id }, true),
      act(_("Another person"), { do: "split" }),
      others.length > 0 && give,
      act(_("Not a face"), { do: _("no face") }),
      faces.length === 1 && h("button", { onclick: () => this.page.say({ do: "cover", id, face: faces[0] }) }, _("Use as cover")),
    );
  }

  async said(said) {
    this.chosen.clear();
    await this.page.say(said);
  }
}
