// Many groups at once: choose how many, look at a sample drawn by chance, see every file, then accept.

import { button, howSure, lowest, picture, section, shortcuts, strip, sums } from "./bulk_parts.js";
import { bound, draw, seen } from "./bulk_sample.js";
import { count, h } from "./dom.js";
import { meaning } from "./keys.js";
import { outcome, sure } from "./groups.js";
import { _ } from "./language.js";

export { upperBound } from "./bulk_sample.js";

const SAMPLES = [5, 10, 30];

/** The dialog goes away, and calls onClose, before onAccept or onOpen is called. */
export function openBulk(options) {
  const bulk = new Bulk(options);
  return { close: () => bulk.end() };
}

class Bulk {
  constructor({ host, groups, choiceOf, urls, onAccept, onOpen, onClose }) {
    Object.assign(this, { urls, onAccept, onOpen, onClose });
    // What would become of every group, reckoned once: with a slider the sums are wanted often.
    this.all = groups.map((group) => outcome(group, choiceOf(group)));
    this.wanted = 10;
    this.body = h("div", { class: "bulk-body" });
    this.heading = h("h2", { tabIndex: -1 });
    const close = { class: "bulk-close", "aria-label": _("Close"), onclick: () => this.end() };
    this.dialog = h(
      "dialog",
      {
        class: "bulk",
        "aria-label": _("Accept many groups"),
        tabIndex: -1,
        onclose: () => this.end(),
        onkeydown: (event) => this.key(event),
      },
      h("div", { class: "bulk-top" }, this.heading, h("button", close, "✕")),
      this.body,
    );
    this.choose(this.first(Math.max(1, this.all.filter(({ group }) => sure(group)).length)));
    host.append(this.dialog);
    this.dialog.showModal();
    this.showChoice();
  }

  first(number) {
    return this.all.slice(0, number);
  }

  choose(chosen) {
    this.chosen = chosen;
    this.sample = null;
  }

  step(heading, ...children) {
    this.asked = null;
    this.heading.textContent = heading;
    this.body.replaceChildren(...children);
    this.body.scrollTop = 0;
    this.heading.focus();
  }

  // 1. How many.

  showChoice() {
    const most = this.all.length;
    const range = { min: 1, max: most };
    const number = h("input", { type: "number", inputMode: "numeric", ...range });
    const slider = h("input", { type: "range", "aria-label": _("Number of groups, most confident first"), ...range });
    const sum = h("p", { class: "bulk-sum", role: "status" });
    const least = h("p", {});
    this.look = button("", () => this.showSample(), "strong");
    const show = () => {
      if (Number(number.value) !== this.chosen.length) number.value = this.chosen.length;
      slider.value = this.chosen.length;
      sum.replaceChildren(...sums(this.chosen));
      least.textContent = lowest(this.chosen);
      kinds.mark(this.chosen);
      this.showLook();
    };
    const take = (chosen) => {
      this.choose(chosen);
      show();
    };
    const kinds = shortcuts(this.all, take);
    const typed = (value) => take(this.first(Math.min(Math.max(Math.round(Number(value)) || 1, 1), most)));
    number.addEventListener("change", () => typed(number.value));
    number.addEventListener("input", () => number.value && typed(number.value));
    slider.addEventListener("input", () => typed(slider.value));
    this.step(
      _("Accept confident suggestions"),
      sum,
      h("p", {}, _("First look at a few of them, chosen at random. Nothing is settled before you say so.")),
      howSure(
        h("div", { class: "bulk-number" }, h("label", {}, _("Groups, most confident first"), " ", number), slider),
        kinds.row,
        least,
        this.sampleSizes(),
      ),
      h("div", { class: "bulk-foot" }, this.look),
    );
    show();
  }

  showLook() {
    this.look.textContent = _("Look at {n}", { n: Math.min(this.wanted, this.pool.length) });
  }

  /** Groups that keep everything can do no harm, and would make the sample look better than it is. */
  get pool() {
    const pool = this.chosen.filter((one) => one.aside.length);
    return pool.length ? pool : this.chosen;
  }

  sampleSizes() {
    const sizes = SAMPLES.map((number) => {
      const input = h("input", { type: "radio", name: "bulk-sample", checked: number === this.wanted });
      input.addEventListener("change", () => {
        this.wanted = number;
        this.sample = null;
        this.showLook();
      });
      return h("label", {}, input, ` ${number}`);
    });
    const why = _("The more you look at, the less is left to chance.");
    return h("fieldset", {}, h("legend", {}, _("Groups to look at")), h("p", {}, why), h("div", {}, sizes));
  }

  // 2. A sample, one by one.

  showSample() {
    if (!this.sample) {
      this.sample = draw(this.pool, this.wanted).map((one) => ({ one, right: null }));
      this.looking = 0;
    }
    if (this.looking >= this.sample.length) return this.showList();
    const { one } = this.sample[this.looking];
    const key = (words) => h("span", { class: "bulk-key" }, words);
    const progress = _("{looking} of {n}", { looking: this.looking + 1, n: this.sample.length });
    const big = h("div", {}, picture(this.urls, one, one.aside[0] ?? one.stays[1]));
    const others = strip(this.urls, one, (photo) => big.replaceChildren(picture(this.urls, one, photo)));
    this.step(
      _("Is this right? {progress}", { progress }),
      h("progress", { max: this.sample.length, value: this.looking, "aria-label": _("Groups checked") }),
      h("p", {}, [one.group.reason, one.group.doubt].filter(Boolean).join(" · ")),
      h("div", { class: "bulk-pair" }, h("div", {}, picture(this.urls, one, one.stays[0])), big),
      others,
      h(
        "div",
        { class: "bulk-foot" },
        button(_("Back"), () => this.back()),
        button(_("Open this group"), () => this.leave(() => this.onOpen(one.group.id))),
        button([_("✕ Not right"), key(" (N)")], () => this.answer(false)),
        button([_("✓ Right"), key(" (Y)")], () => this.answer(true), "strong"),
      ),
    );
    this.asked = true;
    const next = this.sample[this.looking + 1]?.one;
    for (const photo of next ? [next.stays[0], next.aside[0]] : []) if (photo) new Image().src = this.urls.thumb(photo);
  }

  answer(right) {
    this.sample[this.looking].right = right;
    this.looking += 1;
    this.showSample();
  }

  back() {
    if (!this.looking) return this.showChoice();
    this.looking -= 1;
    this.showSample();
  }

  // 3. What the sample says, and every file.

  showList() {
    const wrong = new Set(this.sample.filter((seen) => !seen.right).map((seen) => seen.one));
    const accepted = this.chosen.filter((one) => !wrong.has(one));
    const less = this.first(Math.max(1, Math.floor(this.chosen.length / 2)));
    const fewer = h(
      "div",
      { class: "bulk-buttons" },
      h("p", {}, _("Choose fewer, safer groups?")),
      button(_("Choose {groups}", { groups: count(less.length, "group") }), () => (this.choose(less), this.showChoice())),
    );
    const label = _("Every photo that would be set aside");
    const list = { class: "bulk-list", tabIndex: 0, role: "group", "aria-label": label };
    const accept = button(_("Accept {groups}", { groups: count(accepted.length, "group") }), () => this.accept(accepted), "strong");
    accept.disabled = !accepted.length;
    const groups = accepted.length;
    const settled = _("{groups} will be settled; U or Undo takes all of it back.", { groups: count(groups, "group") });
    this.step(
      _("Accept {groups}?", { groups: count(groups, "group") }),
      h("p", { class: "bulk-seen" }, `${seen(this.sample.length, wrong.size)} ${settled}`),
      wrong.size ? fewer : "",
      h("p", { class: "bulk-sum" }, sums(accepted)),
      howSure(h("p", { class: "bulk-bound" }, bound(this.sample.length, wrong.size, this.pool.length), " ", lowest(accepted))),
      h("div", list, accepted.map(section)),
      h("div", { class: "bulk-foot" }, button(_("Back"), () => this.back()), accept),
    );
  }

  accept(accepted) {
    this.leave(() => this.onAccept(accepted.map(({ group }) => group.id)));
  }

  leave(act) {
    if (this.ended) return;
    this.end();
    act();
  }

  key(event) {
    if (event.key === "?") return; // the help belongs to the page
    event.stopPropagation();
    const found = this.asked && meaning(event, "sample");
    if (!found) return;
    event.preventDefault();
    this.answer(found.action === "right");
  }

  end() {
    if (this.ended) return;
    this.ended = true;
    this.dialog.close();
    this.dialog.remove();
    this.onClose();
  }
}
