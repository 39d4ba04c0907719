// The line above both views: the way through the groups, how far it is, undo, and whether all is saved.

import { bare, button } from "./button.js";
import { count, h, size } from "./dom.js";
import { progress } from "./groups.js";
import { _, number } from "./language.js";

export class Bar {
  constructor(store, page) {
    Object.assign(this, { store, page });
    this.groups = button("groups", _("All groups"), () => page.goList(), {
      title: _("All groups (G)"),
      "aria-label": _("All groups"),
    });
    this.previous = bare("left", _("Previous group"), () => page.walk(-1), {
      title: _("Previous group (K)"),
      class: "plain previous",
    });
    this.next = bare("right", _("Next group"), () => page.walk(1), { title: _("Next group (J)") });
    this.words = h("p", { class: "where" });
    this.saving = h("p", { class: "saving", role: "status" });
    this.undo = button("undo", _("Undo"), () => page.undo("undo"), { class: "undo" });
    this.redo = bare("redo", _("Redo"), () => page.undo("redo"));
    const screen = bare("screen", _("Full screen"), () => page.fullScreen(), {
      title: _("Full screen (F)"),
      class: "plain screen",
    });
    const help = bare("doubt", _("Help: shortcuts"), () => page.help(), { title: _("Shortcuts (?)") });
    screen.hidden = !document.fullscreenEnabled;
    this.begin = h("div", { class: "begin" }); // what the list offers to begin with
    this.line = h("progress", { class: "line", "aria-label": _("Groups decided"), value: 0 });
    this.element = h(
      "header",
      { class: "bar" },
      (this.ways = h("div", { class: "ways" }, this.groups, this.previous, this.next)),
      h("div", { class: "told" }, this.words, this.saving),
      this.begin,
      h("div", { class: "tools" }, this.undo, this.redo, screen, help),
      this.line,
    );
  }

  /** The place of the group that is open, in words, or else how many groups there are. */
  get where() {
    const { choices, listing, selection } = this.store;
    const { all } = progress(choices.book);
    const { order } = listing;
    const of = order.length === all ? number(all) : _("{n:,} listed", { n: order.length });
    const place = order.indexOf(selection.at);
    const group = selection.inGroup && place >= 0;
    return group ? _("Group {place:,} of {of}", { place: place + 1, of }) : count(all, "group");
  }

  refresh() {
    const { choices, listing, selection, sync } = this.store;
    const { book } = choices;
    const { order } = listing;
    const { at, inGroup } = selection;
    const { all, done } = progress(book);
    const left = book.ledger.left_out;
    const place = order.indexOf(at);
    this.words.replaceChildren(
      h("strong", {}, this.where),
      h(
        "span",
        { class: "far" },
        " · " + _("{done:,} done · {photos} left out so far ({size})", { done, photos: count(left.photos, "photo"), size: size(left.bytes) }),
      ),
    );
    this.line.max = all || 1;
    this.line.value = done;
    this.ways.hidden = !inGroup;
    this.previous.disabled = place <= 0;
    this.next.disabled = place < 0 || place >= order.length - 1;
    const waiting = sync.outbox.steps.length > 0;
    const undo = waiting ? _("the last choice") : book.undo;
    this.undo.disabled = !undo;
    this.undo.title = undo ? _("Undo: {undo} (U)", { undo }) : _("Nothing to undo");
    this.redo.hidden = !book.redo || waiting;
    this.redo.title = _("Redo: {redo} (Shift+U)", { redo: book.redo });
    this.refreshSaving();
  }

  refreshSaving() {
    const { outbox, cut } = this.store.sync;
    const open = outbox.steps.length;
    const unsaved = _("{choices} not saved yet", { choices: count(open, "choice") });
    const words = cut
      ? _("No connection to Unipic – trying again")
      : open && outbox.tries
        ? [
            _("{unsaved} – trying again.", { unsaved }),
            outbox.stored ? _("They are kept in this browser.") : _("Please leave this page open."),
          ].join(" ")
        : open
          ? _("Saving…")
          : this.wasOpen
            ? _("Saved")
            : "";
    this.wasOpen ||= open > 0;
    this.saving.classList.toggle("trouble", Boolean(cut || (open && outbox.tries)));
    if (this.saving.textContent !== words) this.saving.textContent = words;
  }
}
