// The large view: one photo fills the window.

import { bare } from "../darkroom/button.js";
import { h, refill } from "../darkroom/dom.js";
import { _ } from "../darkroom/language.js";
import { Pictures } from "../darkroom/pictures.js";
import { Faces } from "./faces.js";
import { Info } from "./info.js";
import { Stage } from "./stage.js";
import { clock, label, nameOf, shortDay } from "./words.js";

const REST = 250; // milliseconds on a photo before its neighbours and its facts are asked for
const AWAY = _("The original cannot be reached now. This is its preview.");

export class Large {
  /** view.onMoved(position), onClosed(), onHelp() and say(words) are told. */
  constructor(store, view) {
    Object.assign(this, { store, view, pictures: new Pictures(4) });
    this.stage = new Stage(store.urls, (step) => this.step(step));
    this.faces = new Faces(this.stage.boxes, {
      ask: (open) => view.openDialog(open),
      search: (query) => this.search(query),
      say: (words) => view.say(words),
    });
    this.who = tool("faces", _("Faces (E)"), () => this.toggleFaces());
    this.info = new Info(store, {
      onMark: (said) => this.mark(said),
      onSearch: (line) => this.searchFor(line),
      onClose: () => this.toggleInfo(false),
    });
    this.words = h("div", { class: "words" });
    this.number = h("span", { class: "number" });
    this.heart = tool("heart", _("Favourite (F)"), () => this.favourite());
    this.about = tool("info", _("Information (I)"), () => this.toggleInfo());
    this.element = h(
      "dialog",
      { class: "large", "aria-label": _("Photo"), oncancel: (event) => (event.preventDefault(), this.close()) },
      h(
        "header",
        {},
        tool("left", _("Back to all photos (Esc)"), () => this.close()),
        this.words,
        this.number,
        this.heart,
        this.who,
        tool("similar", _("Find similar (M)"), () => this.similar()),
        tool("loupe", _("Zoom (Z)"), () => this.stage.hundred()),
        this.about,
        tool("keys", _("Shortcuts (?)"), () => view.onHelp()),
      ),
      h(
        "div",
        { class: "middle" },
        this.stage.element,
        (this.backward = tool("left", _("Previous photo"), () => this.step(-1), "way backward")),
        (this.forward = tool("right", _("Next photo"), () => this.step(1), "way forward")),
      ),
      this.info.element,
    );
  }

  get isOpen() {
    return this.element.open;
  }

  /** Open at a position. */
  open(position) {
    this.element.showModal();
    this.show(position);
  }

  close() {
    if (!this.isOpen) return;
    clearTimeout(this.resting);
    this.stage.drop();
    this.pictures.clear();
    this.position = -1;
    this.element.close();
    this.view.onClosed();
  }

  step(by) {
    const next = this.position + by;
    if (next >= 0 && next < this.store.total) this.show(next);
    else this.view.say(by > 0 ? _("This is the last photo") : _("This is the first photo"));
  }

  async show(position) {
    this.position = position;
    this.view.onMoved(position);
    this.backward.disabled = position === 0;
    this.forward.disabled = position >= this.store.total - 1;
    this.number.textContent = _("{position:,} of {total:,}", { position: position + 1, total: this.store.total });
    const photo = await this.store.pages.photo(position);
    if (this.position !== position) return;
    this.photo = photo ?? null;
    this.refresh();
    if (!photo) return;
    this.stage.show(photo, label(photo));
    this.faces.clear();
    this.pictures.get(this.store.urls.thumb(photo));
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(), REST);
    this.info.wait();
  }

  refresh() {
    const { photo } = this;
    const day = photo?.taken ? shortDay(photo.taken.slice(0, 10)) : "";
    refill(
      this.words,
      h("strong", {}, photo ? nameOf(photo) : _("This photo is no longer in the library")),
      h("span", {}, day),
      h("span", { title: photo?.why ?? "" }, photo?.why ?? ""),
      photo?.format === "FILM" && filmLink(photo),
    );
    this.element.setAttribute("aria-label", photo ? label(photo) : _("Photo"));
    this.heart.setAttribute("aria-pressed", String(Boolean(photo?.favourite)));
  }

  /** The person looks at this photo: its facts, and its neighbours for the next step. */
  async rest() {
    for (const by of [1, -1]) {
      const near = this.store.pages.at(this.position + by);
      if (near) this.pictures.get(this.store.urls.view(near));
    }
    this.faces.show(this.photo.digest);
    if (this.info.digest !== this.photo.digest) await this.learn();
  }

  toggleFaces() {
    this.who.setAttribute("aria-pressed", String(this.faces.toggle()));
    if (this.photo) this.faces.show(this.photo.digest);
  }

  /** Show the facts of the photo; `anew`: even if they are there, where somebody may be writing. */
  async learn(anew = false) {
    const { position, photo } = this;
    const full = await this.store.inFull(photo.digest);
    if (this.position !== position || (!anew && this.info.digest === photo.digest)) return;
    if (full && !full.there) this.stage.say(AWAY);
    this.info.show(full);
  }

  async mark(said) {
    const { position, photo } = this;
    const done = await this.store.mark(said, { digests: [photo.digest] });
    const anew = said.do === "tag" || said.do === "album"; // else what somebody presses or writes stays as it is
    if (this.position === position && done !== null) await this.learn(anew);
    return done !== null;
  }

  async favourite() {
    if (!this.photo) return;
    const on = !this.photo.favourite;
    if (await this.mark({ do: "favourite", on })) this.view.say(on ? _("A favourite") : _("No longer a favourite"));
    this.refresh();
  }

  /** Search for photos like this one. */
  similar() {
    const { photo } = this;
    if (!photo) return;
    this.close();
    this.view.bar.search.similar([photo.digest]);
  }

  /** Search for a line that was read in a photo. */
  searchFor(line) {
    this.search(`text:"${line.replaceAll('"', " ")}"`);
  }

  search(query) {
    this.close();
    this.view.bar.search.ask(query);
  }

  toggleInfo(shown = this.info.element.hidden) {
    this.info.element.hidden = !shown;
    this.element.classList.toggle("informed", shown);
    this.about.setAttribute("aria-pressed", String(shown));
    if (!shown) this.about.focus();
  }

  /** Where a tag is typed. */
  async tag() {
    this.toggleInfo(true);
    if (this.photo && this.info.digest !== this.photo.digest) await this.learn();
    this.info.element.querySelector("[data-adds=tag]")?.focus();
  }

  drop() {
    clearTimeout(this.resting);
    this.position = -1;
    this.stage.close();
    this.pictures.clear();
    this.element.remove();
  }
}

/** To the film's own page, at the time at which it was found. */
function filmLink({ digest, at }) {
  const [query, words] = at == null ? ["", ""] : [`&at=${at}`, " " + _("at {time}", { time: clock(at) })];
  return h("a", { href: `/videos?film=${digest}${query}` }, _("Open the film{words}", { words }));
}

function tool(sign, words, onclick, more = "") {
  return bare(sign, words.replace(/ \(.*\)$/, ""), onclick, { class: `tool ${more}`.trim(), title: words });
}
