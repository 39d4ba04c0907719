// The page of people: everybody, one person, or questions. What it knows is in its store.

import { h } from "../darkroom/dom.js";
import { _ } from "../darkroom/language.js";
import { Levels } from "../darkroom/levels.js";
import { Deck } from "./deck.js";
import { question } from "../darkroom/question.js";
import { faceOf } from "./face.js";
import { Found } from "./found.js";
import { Person } from "./person.js";
import { Store } from "./store.js";
import { Wall } from "./wall.js";

const SAID = 6000; // milliseconds a message stays

export class People {
  constructor(root, token) {
    Object.assign(this, { root, token });
    this.levels = new Levels("people", (levels) => this.restore(levels));
    this.store = new Store(this);
    this.wall = new Wall(this);
    this.person = new Person(this);
    this.questions = new Deck(this);
    this.found = new Found(this);
    this.said = h("p", { class: "said", role: "status" });
    this.body = h("div", {}, h("p", { class: "quiet", role: "status" }, _("Looking at who is there…")));
    root.replaceChildren(this.body, this.said);
    this.leaving = new AbortController();
    document.addEventListener("keydown", (event) => this.key(event), { capture: true, signal: this.leaving.signal });
    for (const kind of ["dragover", "drop"]) root.addEventListener(kind, (event) => this.dropped(event));
    this.begin();
  }

  /** A picture that is dropped is searched by; else the browser would open it. */
  dropped(event) {
    event.preventDefault();
    const [file] = event.type === "drop" ? event.dataTransfer.files : [];
    if (file) this.findBy(file);
  }

  async findBy(file) {
    this.onTrouble(_("Looking at the picture…"));
    const faces = await this.store.selfie(file);
    if (!faces) return;
    this.said.classList.remove("seen");
    this.put(this.found);
    this.found.show(file, faces);
  }

  async begin() {
    if (!(await this.store.load())) return;
    this.restore(this.levels.here ?? []);
  }

  show(_, onGo) {
    this.go = onGo;
  }

  close() {
    this.levels.close();
    this.leaving.abort();
    this.root.replaceChildren();
  }

  restore([level]) {
    if (level?.person) this.open(level.person);
    else if (level?.deck) this.deck();
    else this.back(true);
  }

  open(id) {
    this.levels.show([{ person: id }]);
    this.put(this.person);
    this.person.show(id);
  }

  deck() {
    this.levels.show([{ deck: true }]);
    this.put(this.questions);
    this.questions.show();
  }

  async back(anew = false) {
    this.levels.show([]);
    if (anew) await this.store.load();
    this.put(this.wall);
    this.wall.draw();
  }

  put(part) {
    this.part = part;
    if (this.body.firstChild !== part.element) this.body.replaceChildren(part.element);
  }

  key(event) {
    const typing = event.composedPath()[0]?.matches?.("input:not([type=checkbox]), textarea, select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || this.root.querySelector("dialog[open]")) return;
    const done = this.part === this.questions && this.questions.key(event);
    const leave = event.key === "Escape" && this.part && this.part !== this.wall;
    if (leave) this.back(true);
    if (!done && !leave) return;
    event.preventDefault();
    event.stopPropagation();
  }

  // What people say.

  async say(said, onTogether) {
    const done = await this.store.say(said, onTogether);
    await this.store.load();
    if (this.part === this.person) {
      if (done?.id && !["split", "not"].includes(said.do)) this.person.id = done.id;
      if (done?.id) this.levels.show([{ person: this.person.id }]);
      await this.person.load();
    } else {
      this.wall.draw();
    }
    return done;
  }

  async sayAll(several) {
    for (const said of several) if (!(await this.store.say(said))) break;
    this.wall.chosen.clear();
    await this.back(true);
  }

  join(ids, twice = false) {
    return this.say({ do: "join", ids, twice }, (message) =>
      question(this.root, { title: _("They are in photos together"), words: message, answers: [[_("One person, twice in a photo"), () => this.join(ids, true)]] }),
    );
  }

  /** Where a name is typed. A name that somebody has already asks whether they are one. */
  nameField(one) {
    const field = h("input", {
      type: "text",
      class: "name",
      value: one.name,
      placeholder: _("Name?"),
      "aria-label": one.name ? _("Name of {name}", { name: one.name }) : _("Name of this person"),
      maxLength: 100,
      autocomplete: "off",
      onkeydown: (event) => event.key === "Enter" && field.blur(),
      onchange: () => this.name(one, field.value),
    });
    field.setAttribute("list", "people-names");
    return field;
  }

  name(one, name) {
    const named = () => this.say({ do: "name", id: one.id, name });
    const others = this.store.named(name).filter(({ id }) => id !== one.id);
    if (!others.length) return named();
    const [other] = others;
    question(this.root, {
      title: _("There is a {name} already", { name: other.name }),
      content: h("div", { class: "sides" }, faceOf(one.cover, _("The one you are naming")), faceOf(other.cover, other.name)),
      words: _("The same person?"),
      answers: [
        [_("No, another {name}", { name: other.name }), named],
        [_("Yes, join"), () => this.join([other.id, one.id])],
      ],
    });
  }

  onTrouble(words) {
    this.said.textContent = words;
    this.said.classList.add("seen");
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.said.classList.remove("seen"), SAID);
  }
}
