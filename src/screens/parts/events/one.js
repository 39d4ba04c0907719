// One event: its name, its days with their photos, and what can be done with it.

import { count, h } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { _ } from "../darkroom/language.js";
import { longDay } from "../gallery/words.js";
import { guests } from "./guests.js";
import { sheet } from "./sheet.js";
import { thumb } from "./timeline.js";

const MODES = {
  split: { words: _("Choose the photo with which a new event begins."), press: _("Split") },
  out: { words: _("Choose the photos that do not belong to this event."), press: _("Leave out") },
};

export class One {
  constructor(event, page) {
    Object.assign(this, { event, page, mode: "", chosen: new Set() });
    this.dated = event.kind !== "undated";
    this.hint = h("p", { class: "hint", hidden: true });
    this.sheet = sheet((how) => page.print(event.id, how));
    this.guests = guests((what) => page.ask("/guests", { event: event.id, ...what }));
    this.element = h(
      "section",
      { class: "one", "aria-label": event.title, onkeydown: (pressed) => this.key(pressed) },
      h(
        "div",
        { class: "head" },
        h("button", { class: "plain back", onclick: () => page.openTimeline(event.id) }, icon("left"), _("All events")),
        this.dated ? this.name() : h("h1", {}, event.title),
        h("p", { class: "quiet" }, [event.when, event.place, count(event.photos, "photo")].filter(Boolean).join(" · ")),
      ),
      this.actions(),
      this.sheet,
      this.guests,
      this.hint,
      ...event.listed.map((day) => this.day(day)),
    );
  }

  focus() {
    this.element.querySelector(".back").focus({ preventScroll: true });
  }

  name() {
    const field = h("input", {
      type: "text",
      id: "event-name",
      class: "name",
      value: this.event.title,
      maxLength: 200,
      autocomplete: "off",
      onkeydown: (pressed) => {
        if (pressed.key === "Enter") field.blur();
        if (pressed.key === "Escape") field.value = this.event.title;
        pressed.stopPropagation(); // Streamlit has keys of its own
      },
      onchange: () => this.rename(field.value),
    });
    return h("div", {}, h("label", { class: "hidden", for: "event-name" }, _("Name of the event")), field);
  }

  rename(name) {
    if (name.trim() === this.event.title) return;
    this.page.say({ do: "rename", event: this.event.id, name }, name.trim() ? _("Renamed.") : _("The title is found by itself again."));
  }

  actions() {
    const { event, page } = this;
    const button = (words, sign, onclick, more = {}) => h("button", { onclick, ...more }, icon(sign), words);
    this.splitting = button(_("Split…"), "apart", () => this.choose("split"), { "aria-pressed": "false" });
    this.leaving = button(_("Leave photos out…"), "cross", () => this.choose("out"), { "aria-pressed": "false" });
    this.done = button(_("Leave out"), "check", () => this.leaveOut(), { class: "strong", hidden: true });
    return h(
      "div",
      { class: "actions" },
      button(_("Make an album"), "export", () => page.album([event.id]), { class: "strong" }),
      button(_("Page to print…"), "album", ({ currentTarget }) => this.open(this.sheet, currentTarget), { "aria-expanded": "false" }),
      button(_("Guest link…"), "faces", ({ currentTarget }) => this.open(this.guests, currentTarget), { "aria-expanded": "false" }),
      button(_("Show in Photos"), "similar", () => page.photos(event.id)),
      this.dated && event.photos > 1 && this.splitting,
      this.dated && event.after && button(_("Join with next"), "same", () => this.join(event.after)),
      this.dated && event.kind !== "day" && this.leaving,
      event.named && button(_("Automatic title"), "undo", () => this.rename("")),
      this.done,
    );
  }

  open(sheet, button) {
    sheet.hidden = !sheet.hidden;
    button.setAttribute("aria-expanded", String(!sheet.hidden));
    if (sheet.hidden) return;
    sheet.opened?.();
    sheet.querySelector("select").focus();
  }

  join(other) {
    this.page.say({ do: "join", event: this.event.id, with: other }, _("Joined with the next one."));
  }

  day({ date, digests }) {
    const offset = this.event.listed.slice(0, this.event.listed.findIndex((day) => day.date === date)).reduce((sum, day) => sum + day.digests.length, 0);
    const several = this.event.listed.length > 1;
    return h(
      "section",
      { "aria-label": longDay(date) },
      (several || date) && h("h2", {}, longDay(date), " ", h("span", { class: "quiet" }, count(digests.length, "photo"))),
      h("ul", { class: "shots" }, ...digests.map((digest, at) => h("li", {}, this.shot(digest, date, offset + at)))),
    );
  }

  shot(digest, date, at) {
    const words = _("{date}, {at} of {photos}", { date: longDay(date), at: at + 1, photos: this.event.photos });
    return h(
      "button",
      { class: "shot", "data-digest": digest, "data-words": words, "aria-label": words, onclick: (event) => this.press(event.currentTarget, at) },
      h("img", { src: thumb(digest), alt: "", loading: "lazy" }),
    );
  }

  choose(mode) {
    this.mode = this.mode === mode ? "" : mode;
    this.chosen.clear();
    this.refresh();
  }

  press(button, at) {
    const { digest } = button.dataset;
    if (this.mode === "split") {
      if (at) this.page.say({ do: "split", photo: digest }, _("A new event begins here."));
    } else if (this.mode === "out") {
      if (!this.chosen.delete(digest)) this.chosen.add(digest);
      this.refresh();
    } else this.page.photos(this.event.id);
  }

  leaveOut() {
    const rest = this.event.listed.flatMap((day) => day.digests).find((digest) => !this.chosen.has(digest));
    this.page.say({ do: "leave out", photos: [...this.chosen], photo: rest ?? "" }, _("{photos} left out.", { photos: count(this.chosen.size, "photo") }));
  }

  key(pressed) {
    if (pressed.key !== "Escape") return;
    pressed.stopPropagation();
    if (this.mode) this.choose(this.mode);
    else this.page.openTimeline(this.event.id);
  }

  refresh() {
    const { mode, chosen } = this;
    this.splitting.setAttribute("aria-pressed", String(mode === "split"));
    this.leaving.setAttribute("aria-pressed", String(mode === "out"));
    this.hint.hidden = !mode;
    this.hint.textContent = MODES[mode]?.words ?? "";
    this.done.hidden = mode !== "out" || !chosen.size;
    this.done.lastChild.textContent = _("Leave out {photos}", { photos: count(chosen.size, "photo") });
    this.element.dataset.mode = mode;
    this.element.querySelectorAll(".shot").forEach((button, at) => {
      button.disabled = mode === "split" && !at;
      button.setAttribute("aria-label", mode === "split" ? _("Split here: {words}", { words: button.dataset.words }) : button.dataset.words);
      if (mode === "out") button.setAttribute("aria-pressed", String(chosen.has(button.dataset.digest)));
      else button.removeAttribute("aria-pressed");
    });
  }
}
