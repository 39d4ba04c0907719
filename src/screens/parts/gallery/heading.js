// The heading of a day, with a tick that selects all of it. Used again and again, as cells are.

import { h } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { _, number as numbers } from "../darkroom/language.js";
import { longDay, photos } from "./words.js";

export class Heading {
  constructor(onPress) {
    this.words = h("span", {});
    this.number = h("span", { class: "quiet" });
    // Not on the way of the Tab key, since there are as many as days: D selects a day by the keyboard.
    this.button = h(
      "button",
      { class: "plain", tabIndex: -1, onclick: () => onPress(this.day) },
      h("span", { class: "tick" }, icon("check")),
      this.words,
      this.number,
    );
    this.element = h("h2", { class: "day" }, this.button);
  }

  place(day, [date, number], top) {
    this.day = day;
    this.words.textContent = longDay(date);
    this.number.textContent = numbers(number);
    this.button.setAttribute("aria-label", _("Select {date}, {photos}", { date: longDay(date), photos: photos(number) }));
    this.element.style.transform = `translateY(${top}px)`;
  }

  select(on) {
    if (this.selected !== on) this.button.setAttribute("aria-pressed", String((this.selected = on)));
  }
}
