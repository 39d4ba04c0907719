// The way that Back takes through the review, and a reload takes again: a group above the list, a dialog above both,
// the loupe above the comparison.

import { SHOW_ALL, SORTS } from "./filters.js";
import { Levels } from "./levels.js";
import { keepListing, keptListing } from "./memory.js";

export class Trail {
  /** `page` is the darkroom. */
  constructor(token, page) {
    Object.assign(this, { token, page, above: [] }); // above: the levels of the dialog that is open
    this.levels = new Levels(token, (levels) => this.restore(levels));
  }

  remember() {
    keepListing(this.token, this.page.store.listing);
  }

  close() {
    this.levels.close();
  }

  /** As it was before the reload, or before another page was opened. False if the history knows nothing. */
  comeBack() {
    const { here } = this.levels;
    if (!here) return false;
    const { store, list } = this.page;
    const kept = keptListing(this.token);
    if (kept && kept.sort in SORTS) {
      const { sort, filter, order } = kept;
      Object.assign(store.listing, { sort, filter: { ...SHOW_ALL, ...filter } });
      list.showFields();
      list.refresh();
      if (here.length) store.listing.order = order.filter((id) => store.choices.book.byId.has(id));
    }
    list.element.hidden = false;
    this.restore(here);
    return true;
  }

  /** Open what these levels say, and close what they do not. A group that is open stays: one may have walked on. */
  async restore(levels) {
    const { page } = this;
    const { choices, selection } = page.store;
    if (!choices.book) return;
    const [group, dialog, loupe] = ["group", "dialog", "loupe"].map((name) => levels.find((level) => name in level));
    this.restoring = true;
    if (page.dialog && !dialog) {
      page.dialog.close();
      this.above = []; // not only when its event says so
    }
    if (!group || !choices.book.byId.has(group.group)) page.goList();
    else if (!selection.inGroup) {
      page.go(group.group, false);
      page.group.focusPhoto(group.photo);
    }
    if (dialog && !page.dialog) await this.reopen(dialog);
    page.dialog?.loupe?.(Boolean(loupe) || dialog?.mode === "loupe");
    this.restoring = false;
    this.note();
  }

  reopen({ dialog, mode, kind }) {
    const { page } = this;
    if (dialog === "compare.js") return page.store.selection.inGroup && page.group.compare(mode);
    if (dialog === "faces.js") return page.store.selection.inGroup && page.group.faces();
    if (dialog === "made.js") return page.store.selection.inGroup && page.group.made(kind);
    return dialog === "bulk.js" ? page.bulk() : page.help();
  }

  /** Have the history know what is open. */
  note() {
    if (this.restoring) return;
    const { selection } = this.page.store;
    const group = selection.inGroup ? [{ group: selection.at, photo: this.page.group.index }] : [];
    this.levels.show([...group, ...this.above]);
  }

  /** The level of the dialog that is open; none once it is closed. */
  dialog(level) {
    this.above = level ? [level] : [];
    this.note();
  }

  /** The loupe is a level of its own, unless the comparison was opened as a loupe. */
  loupe(on) {
    const [compare] = this.above;
    if (!compare) return;
    this.above = on && compare.mode !== "loupe" ? [compare, { loupe: true }] : [compare];
    this.note();
  }
}
