// The timeline: a card for each event, by year, the latest first; days and folders without an event in a line each.

import { count, h } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { _, number as numbers } from "../darkroom/language.js";

const UNDATED = _("No date");
const EMPTY = _("No photo of the library has a date yet.");
const NO_EVENTS = _("Photos become an event where three or more were taken without a long pause.");

export const thumb = (digest) => `/unipic/thumb/library/${digest}`;

export class Timeline {
  constructor(events, page) {
    this.page = page;
    const years = new Map();
    for (const event of events) years.set(event.year, [...(years.get(event.year) ?? []), event]);
    const order = [...years.keys()].sort((a, b) => b - a);
    const name = (year) => (year ? String(year) : UNDATED);
    const jump = (year) => {
      const heading = this.element.querySelector(`#year-${year}`);
      heading.scrollIntoView();
      heading.focus();
    };
    const number = events.filter((event) => event.kind === "event" || event.kind === "trip").length;
    this.offers = h("div", { class: "offers" });
    this.element = h(
      "section",
      { "aria-labelledby": "events-title" },
      h("h1", { id: "events-title", tabIndex: -1 }, _("Events"), " ", h("span", { class: "quiet" }, numbers(number))),
      this.offers,
      order.length > 1 &&
        h(
          "nav",
          { class: "years", "aria-label": _("Years") },
          ...order.map((year) => h("button", { onclick: () => jump(year) }, name(year))),
        ),
      !number && h("p", { class: "quiet" }, events.length ? NO_EVENTS : EMPTY),
      !events.length && h("a", { class: "elsewhere", href: "/folders" }, _("Library folders")),
      ...order.map((year) => this.year(year, name(year), years.get(year))),
    );
  }

  year(year, name, events) {
    const cards = events.filter((event) => event.kind === "event" || event.kind === "trip").reverse();
    const rest = events.filter((event) => event.kind === "day" || event.kind === "undated").reverse();
    const photos = rest.reduce((sum, event) => sum + event.photos, 0);
    return h(
      "section",
      { class: "year", "aria-labelledby": `year-${year}` },
      h("h2", { id: `year-${year}`, tabIndex: -1 }, name),
      cards.length > 0 && h("ul", { class: "cards" }, ...cards.map((event) => h("li", {}, this.card(event)))),
      rest.length > 0 &&
        h(
          "details",
          { open: !cards.length && rest.length < 20 },
          h("summary", {}, year ? _("{days} with a few photos", { days: count(rest.length, "day") }) : _("{photos} by folder", { photos: count(photos, "photo") })),
          h("ul", { class: "rest" }, ...rest.map((event) => h("li", {}, this.line(event)))),
        ),
    );
  }

  card(event) {
    const facts = [!event.title.endsWith(event.when) && event.when, !event.title.includes(event.place) && event.place];
    return h(
      "button",
      { class: "card", "data-event": event.id, onclick: () => this.page.openEvent(event.id) },
      h(
        "span",
        { class: `mosaic of-${event.best.length}` },
        ...event.best.map((digest) => h("img", { src: thumb(digest), alt: "", loading: "lazy" })),
      ),
      h("strong", {}, event.title),
      h("span", { class: "quiet" }, [...facts, count(event.photos, "photo")].filter(Boolean).join(" · ")),
    );
  }

  line(event) {
    return h(
      "button",
      { class: "plain", "data-event": event.id, onclick: () => this.page.openEvent(event.id) },
      h("img", { src: thumb(event.best[0]), alt: "", loading: "lazy" }),
      h("span", {}, event.title, " ", h("span", { class: "quiet" }, count(event.photos, "photo"))),
    );
  }

  /** Cameras whose clocks seem to disagree. */
  offer(clocks) {
    this.offers.replaceChildren(
      ...clocks.map((clock) => {
        const judge = (accepted) =>
          this.page.say({ do: "clock", clock: clock.id, accepted }, accepted ? _("The clock is corrected in events.") : _("The clock stays as it is."));
        const told = {
          camera: clock.camera,
          other: clock.other,
          time: long(Math.abs(clock.seconds)),
          photos: count(clock.photos, "photo"),
          scenes: count(clock.scenes, "scene"),
        };
        return h(
          "div",
          { class: "offer", role: "group", "aria-label": _("Clock of {camera}", { camera: clock.camera }) },
          icon("started"),
          h(
            "p",
            {},
            clock.seconds > 0
              ? _("The clock of {camera} seems {time} ahead of that of {other} in {photos}, by {scenes} that both took. No file is changed.", told)
              : _("The clock of {camera} seems {time} behind that of {other} in {photos}, by {scenes} that both took. No file is changed.", told),
          ),
          h("button", { class: "strong", onclick: () => judge(true) }, _("Correct it in events")),
          h("button", { onclick: () => judge(false) }, _("It is right")),
        );
      }),
    );
  }
}

/** Seconds in words: "1 h 13 min". */
function long(seconds) {
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return [hours && `${hours} h`, minutes % 60 && `${minutes % 60} min`].filter(Boolean).join(" ") || `${seconds} s`;
}
