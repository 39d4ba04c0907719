// All groups: sorted, filtered, searched, ticked. The order seen here is the order one walks in.

import { button } from "./button.js";
import { count, h, size } from "./dom.js";
import { SHOW_ALL, SORTS } from "./filters.js";
import { CLUTTER, LANES, SURE, isClutter, progress } from "./groups.js";
import { Identical } from "./identical.js";
import { _, ngettext } from "./language.js";
import { Rows } from "./rows.js";

const STATES = { open: _("Open"), done: _("Done"), remembered: _("Decided earlier") };
const CERTAINTIES = { sure: _("Confident ({percent} % or more)", { percent: SURE * 100 }), doubtful: _("Doubtful") };

export class ListView {
  constructor(store, page) {
    Object.assign(this, { store, page });
    const { ticked } = store.selection;
    this.wins = new Identical((ids, words) => page.acceptMany(ids, words));
    this.rows = new Rows({
      urls: store.sync.urls,
      onOpen: (id) => page.go(id, true),
      onTick: (id, on) => (ticked[on ? "add" : "delete"](id), this.refresh()),
    });
    this.element = this.build();
  }

  build() {
    const options = (all, words) => [
      h("option", { value: "" }, all),
      ...Object.entries(words).map(([value, text]) => h("option", { value }, text)),
    ];
    const select = (onchange, options) => h("select", { onchange: ({ target }) => onchange(target.value) }, ...options);
    const field = (label, control, style) =>
      h("label", { class: style }, h("span", { class: "hidden" }, label), control);
    const pick = (label, name, options) =>
      field(
        label,
        select((value) => this.set({ [name]: value }), options),
      );
    const sorts = Object.entries(SORTS).map(([value, { words }]) => h("option", { value }, words));
    const sort = select((value) => ((this.store.listing.sort = value), this.refresh()), sorts);
    const search = h("input", {
      type: "search",
      placeholder: _("Name or folder"),
      oninput: ({ target }) => this.set({ text: target.value }),
    });
    this.fields = h(
      "form",
      {
        class: "fields",
        role: "search",
        "aria-label": _("Which groups"),
        onsubmit: (event) => event.preventDefault(),
      },
      field(_("Sort"), sort),
      pick(_("Kind"), "lane", options(_("All kinds"), LANES)),
      pick(_("State"), "state", options(_("All states"), STATES)),
      pick(_("Confidence"), "certainty", options(_("Any confidence"), CERTAINTIES)),
      field(_("Search"), search, "search"),
    );
    this.title = h("h2", { class: "hidden", tabIndex: -1 }, _("All groups"));
    this.all = h("input", { type: "checkbox", onchange: () => this.tickAll() });
    this.counted = h("span", { role: "status" });
    // On a phone the fields are folded away until they are asked for.
    this.folded = button("sort", _("Sort, filter"), () => this.unfold(), { class: "fold", "aria-expanded": "false" });
    this.start = button("right", "", () => this.page.goOn(), { class: "strong start" });
    this.sure = button("all", _("Accept confident suggestions…"), () => this.page.bulk(), { class: "sure-ones" });
    this.page.bar.begin.append(this.sure, this.start);
    this.finished = h("div", { class: "finished", hidden: true });
    this.none = h("p", { class: "quiet", hidden: true });
    this.lanes = h("div", { class: "lanes", role: "group", "aria-label": _("Photos that may be clutter"), hidden: true });
    this.many = this.buildMany();
    return h(
      "section",
      { class: "list", hidden: true, tabIndex: -1, "aria-label": _("All groups") },
      this.title,
      this.finished,
      this.wins.element,
      this.lanes,
      h(
        "div",
        { class: "top" },
        h("label", { class: "box" }, this.all, h("span", { class: "hidden" }, _("Select all listed groups"))),
        this.counted,
        this.folded,
        this.fields,
      ),
      this.rows.element,
      this.none,
      this.many,
    );
  }

  unfold() {
    const shown = this.fields.classList.toggle("shown");
    this.folded.setAttribute("aria-expanded", String(shown));
  }

  buildMany() {
    this.manyWords = h("p", { role: "status" });
    const act = (does) => () => {
      const ids = this.store.chosen;
      this.store.selection.ticked.clear();
      does(ids);
    };
    this.merge = button(
      "similar",
      _("Merge into one group"),
      act((ids) => this.page.merge(ids)),
    );
    const accept = act((ids) => this.page.acceptMany(ids));
    const said = (ids) => _("{photos} set aside", { photos: count(ids.length, "photo") });
    const aside = act((ids) => this.page.acceptMany(ids, said(ids), "aside"));
    this.accept = button("check", _("Accept"), accept, { class: "strong" });
    this.aside = button("cross", _("Set aside"), aside);
    return h(
      "div",
      { class: "many", role: "group", "aria-label": _("Selected groups"), hidden: true },
      this.manyWords,
      this.accept,
      this.aside,
      button(
        "open",
        _("Reopen"),
        act((ids) => this.page.reopen(ids)),
      ),
      this.merge,
      button("cross", _("Clear selection"), () => this.clear()),
    );
  }

  set(part) {
    Object.assign(this.store.listing.filter, part);
    this.refresh();
  }

  showOpen() {
    const { listing } = this.store;
    listing.filter = { ...SHOW_ALL };
    this.fields.reset();
    this.fields.elements[0].value = listing.sort;
    this.refresh();
  }

  /** As the listing is. */
  showFields() {
    const { sort, filter } = this.store.listing;
    const values = [sort, filter.lane, filter.state, filter.certainty, filter.text];
    values.forEach((value, at) => (this.fields.elements[at].value = value));
  }

  clear() {
    this.store.selection.ticked.clear();
    this.refresh();
  }

  tickAll() {
    const { listing, selection } = this.store;
    if (this.all.checked) for (const id of listing.order) selection.ticked.add(id);
    else selection.ticked.clear();
    this.refresh();
  }

  /** The order anew, and the rows; `upTo` is among those that are there when this returns. */
  refresh(upTo) {
    const { choices, listing, selection } = this.store;
    listing.refresh(choices.book);
    if (!selection.inGroup) this.draw(upTo);
  }

  draw(upTo) {
    const { choices, listing, selection, chosen } = this.store;
    const { book } = choices;
    const { order } = listing;
    this.rows.show(book, order, selection.ticked, upTo);
    const { all } = progress(book);
    const { length } = chosen;
    const lane = isClutter(listing.filter);
    const groups = count(all, "group");
    const some = order.length === all ? groups : _("{n:,} of {groups}", { n: order.length, groups });
    this.counted.textContent = lane ? count(order.length, "photo") : some;
    this.showLanes(book, listing.filter.lane);
    this.merge.hidden = lane;
    this.aside.hidden = !lane;
    this.accept.lastChild.textContent = lane ? _("Keep") : _("Accept");
    this.all.checked = length > 0 && length === order.length;
    this.all.indeterminate = length > 0 && length < order.length;
    this.many.hidden = !length;
    this.manyWords.textContent = _("{groups} selected", { groups: count(length, lane ? "photo" : "group") });
    this.merge.disabled = length < 2;
    this.none.hidden = order.length > 0;
    this.none.textContent = all ? _("No group matches.") : _("There are no groups to decide.");
    this.wins.show(book);
    this.showProgress();
    this.page.bar.refresh();
  }

  /** A button for each kind of clutter there is; a lane that is open says what it is not. */
  showLanes({ groups }, open) {
    const { kind: focused } = this.element.getRootNode().activeElement?.dataset ?? {};
    const chips = Object.entries(CLUTTER).map(([kind, name]) => {
      const number = groups.filter(({ lane }) => lane === kind).length;
      const turn = () => (this.set({ lane: kind === open ? "" : kind }), this.showFields());
      const more = { "aria-pressed": String(kind === open), "data-kind": kind };
      return number > 0 && button("clutter", _("{name} ({number:,})", { name, number }), turn, more);
    });
    const warning = _("Nothing here is proposed to go. A blurred photo may be somebody’s dearest.");
    const shown = [...chips, open in CLUTTER && h("p", { class: "quiet" }, warning)].filter(Boolean);
    this.lanes.hidden = !shown.length;
    this.lanes.replaceChildren(h("p", {}, _("May be clutter:")), ...shown);
    if (focused) this.lanes.querySelector(`[data-kind=${focused}]`)?.focus({ preventScroll: true });
  }

  showProgress() {
    const { book } = this.store.choices;
    const { order } = this.store.listing;
    const { all, done } = progress(book);
    const { bytes } = book.ledger.left_out;
    this.start.hidden = !this.store.nextOpen("");
    this.sure.hidden = this.start.hidden || done === all || isClutter(this.store.listing.filter);
    this.start.lastChild.textContent = done ? _("Continue review") : _("Start review");
    const listed = order.length > 0 && order.every((id) => book.choices[id]?.done);
    const state = done === all ? `all ${all} ${bytes}` : listed ? `some ${all - done}` : "";
    this.finished.hidden = !state;
    if (this.finishedState === state) return;
    this.finishedState = state;
    const words = h("p", {}, _("{groups} · {size} left out. Nothing was moved or deleted yet.", { groups: count(all, "group"), size: size(bytes) }));
    const finish = button("check", _("Finish"), () => this.page.finishUp(), { class: "strong" });
    const rest = h("p", {}, ngettext("{n:,} other group is still open.", "{n:,} other groups are still open.", all - done));
    const others = button("groups", _("Show all groups"), () => this.showOpen(), { class: "strong" });
    const focused = this.finished.contains(this.element.getRootNode().activeElement);
    this.finished.replaceChildren(
      ...(done === all ? [h("h2", { tabIndex: -1 }, _("All groups are decided")), words, finish] : []),
      ...(done < all && listed ? [h("h2", { tabIndex: -1 }, _("All groups listed here are decided")), rest, others] : []),
    );
    if (focused) this.finished.querySelector("h2")?.focus({ preventScroll: true }); // the figure came with the answer
  }

  /** Up or down by one row, from the one that has the focus. */
  move(by) {
    const { order } = this.store.listing;
    const at = order.indexOf(this.element.getRootNode().activeElement?.closest?.("li")?.dataset.id);
    this.rows.focus(order[at < 0 ? 0 : Math.min(Math.max(at + by, 0), order.length - 1)]);
  }

  show(from, focus) {
    this.element.hidden = false;
    this.refresh(from);
    if (!focus) return;
    const heading = this.finished.hidden ? this.title : this.finished.firstChild;
    if (!from || !this.finished.hidden || !this.rows.focus(from)) heading.focus({ preventScroll: true });
  }
}
