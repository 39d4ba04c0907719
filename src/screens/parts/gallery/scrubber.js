// The years at the right edge: press or drag to go there; with the keyboard by months and years.

import { h } from "../darkroom/dom.js";
import { _ } from "../darkroom/language.js";
import { monthOf } from "./words.js";

const APART = 22; // pixels between two years that are written

export class Scrubber {
  constructor(grid) {
    this.grid = grid;
    this.years = h("div", { class: "years", "aria-hidden": "true" });
    this.bubble = h("div", { class: "bubble", "aria-hidden": "true" });
    this.thumb = h("div", { class: "grip", "aria-hidden": "true" }, this.bubble);
    this.element = h(
      "div",
      {
        class: "scrubber",
        role: "slider",
        tabIndex: 0,
        "aria-label": _("Time"),
        "aria-orientation": "vertical",
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        onpointerdown: (event) => this.down(event),
        onpointermove: (event) => this.dragging && this.to(event),
        onpointerup: () => this.up(),
        onpointercancel: () => this.up(),
        onkeydown: (event) => this.key(event),
      },
      this.years,
      this.thumb,
    );
  }

  /** After the grid was laid out. */
  arrange() {
    const { layout, seen } = this.grid;
    this.high = this.element.clientHeight;
    this.way = Math.max(1, layout.height - seen); // what can be scrolled
    const scale = this.high / this.way;
    this.element.hidden = layout.height <= seen * 1.5;
    this.years.replaceChildren(
      ...layout
        .years(APART / scale)
        .filter(({ year, top }) => year && top <= this.way)
        .map(({ year, top }) => h("span", { style: `top: ${(top * scale).toFixed(1)}px` }, year)),
    );
    this.follow();
  }

  /** After the grid was scrolled. */
  follow() {
    if (this.element.hidden) return;
    const { layout, scroller, seen } = this.grid;
    const part = Math.min(1, scroller.scrollTop / this.way);
    const day = layout.days[layout.dayAt(scroller.scrollTop + seen * 0.1)]?.[0] ?? "";
    this.thumb.style.transform = `translateY(${(part * this.high).toFixed(1)}px)`;
    if (day === this.day) return;
    this.day = day;
    this.bubble.textContent = monthOf(day);
    this.element.setAttribute("aria-valuenow", Math.round(part * 100));
    this.element.setAttribute("aria-valuetext", monthOf(day));
  }

  down(event) {
    if (event.button) return;
    this.dragging = true;
    this.element.classList.add("dragging");
    this.element.setPointerCapture(event.pointerId);
    this.to(event);
  }

  up() {
    this.dragging = false;
    this.element.classList.remove("dragging");
  }

  to(event) {
    const { top } = this.element.getBoundingClientRect();
    this.grid.scrollTo((Math.min(Math.max(event.clientY - top, 0), this.high) / this.high) * this.way);
  }

  key(event) {
    const { layout, scroller } = this.grid;
    const day = layout.dayAt(scroller.scrollTop + 1);
    const turns = {
      ArrowDown: () => layout.turn(day, 1, 7),
      ArrowUp: () => layout.turn(day, -1, 7),
      PageDown: () => layout.turn(day, 1, 4),
      PageUp: () => layout.turn(day, -1, 4),
      Home: () => 0,
      End: () => layout.days.length - 1,
    };
    if (!turns[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.grid.scrollTo(layout.tops[turns[event.key]()]);
  }
}
