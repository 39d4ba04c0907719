// One group: a photo large, all of them beside it, where they differ, and what may be done.

import { perform } from "./actions.js";
import { button } from "./button.js";
import { count, h, refill } from "./dom.js";
import { factsTable, markColumn } from "./facts.js";
import { icon } from "./icons.js";
import { _ } from "./language.js";
import { Stage } from "./stage.js";
import { LANES, inOrder, isClutter, kept, status, toggled } from "./groups.js";
import { Strip, dress } from "./strip.js";

const IMPOSSIBLE = {
  hdr: _("There is no bracket of three exposures in this group"),
  composite: _("Nobody’s eyes are shut in the best shot and open in another one"),
};

export class GroupView {
  constructor(store, page) {
    Object.assign(this, { store, page });
    this.index = 0;
    this.swipes = []; // the photos swiped, to go back to: { id of the group, index, step: whether the server knows }
    this.stage = new Stage({
      pictures: page.pictures,
      urls: store.sync.urls,
      // data-shown: the group whose picture is on the screen now. For whoever measures how fast it came.
      onShown: () => (page.root.dataset.shown = this.group.id),
      onSwipe: (photo, keep) => this.swipe(photo, keep),
      onOpen: () => this.compare("loupe"),
    });
    this.strip = new Strip({
      urls: store.sync.urls,
      onShow: (index) => this.focusPhoto(index),
      onToggle: (index) => this.toggle(index),
      onTicked: () => this.refreshSplit(),
    });
    this.element = this.build();
  }

  build() {
    this.title = h("h2", { tabIndex: -1 });
    this.why = h("p", { class: "why" });
    this.doubt = h("p", { class: "badge doubt" });
    this.nothing = h("p", { class: "badge nothing", role: "alert" });
    this.keep = h("button", { class: "state", onclick: () => this.toggle(this.index) });
    this.path = h("p", { class: "path" });
    this.words = h("p", { class: "words" });
    this.facts = h("div", {
      class: "facts",
      tabIndex: 0,
      role: "region",
      "aria-label": _("Details of the photos"),
    });
    const { page } = this;
    return h(
      "section",
      { class: "group", hidden: true, tabIndex: -1, "aria-label": _("One group") },
      h("div", { class: "head" }, this.title, this.doubt, this.nothing, this.why),
      this.stage.element,
      h("div", { class: "about" }, this.keep, h("div", {}, this.path, this.words)),
      h("div", { class: "side" }, this.strip.element, this.facts),
      this.buildActions(),
      h(
        "div",
        { class: "low" },
        button("left", _("Previous"), () => page.walk(-1)),
        button("undo", _("Undo"), () => page.undo("undo")),
        button("check", _("Accept"), () => this.accept(), { class: "strong" }),
      ),
    );
  }

  buildActions() {
    const act = (name, words, key, does, attributes) =>
      button(name, words, does, { title: `${words} (${key})`, "aria-keyshortcuts": key, ...attributes });
    const more = (name, words, does) => button(name, words, () => ((this.more.open = false), does()));
    this.reopen = more("open", _("Reopen this group"), () => this.page.reopen([this.group.id]));
    this.moveOut = more("apart", _("Move this photo out"), () => this.split([this.photo.id]));
    this.several = more("apart", _("Split off several…"), () => this.strip.choose(true));
    this.more = h(
      "details",
      { class: "menu" },
      h("summary", {}, icon("more"), _("More")),
      h("div", { class: "choices" }, this.moveOut, this.several, this.reopen),
    );
    this.more.addEventListener("focusout", ({ relatedTarget }) => {
      if (!this.more.contains(relatedTarget)) this.more.open = false;
    });
    this.splitWords = h("p", { role: "status" });
    this.splitOff = button("apart", _("Split off"), () => this.split([...this.strip.ticked]), {
      class: "strong",
    });
    this.splitting = h(
      "div",
      { class: "actions splitting", hidden: true },
      this.splitWords,
      this.splitOff,
      button("cross", _("Cancel"), () => this.strip.choose(false)),
    );
    this.acceptButton = act("check", _("Accept and continue"), "Enter", () => this.accept(), { class: "strong accept" });
    this.facesButton = act("faces", _("Faces"), "E", () => this.faces());
    this.hdrButton = act("same", "HDR", "H", () => this.made("hdr"));
    this.eyesButton = act("eye", _("Open eyes"), "O", () => this.made("composite"));
    this.asideButton = act("cross", _("Set aside"), "S", () => this.setAside());
    this.acting = h(
      "div",
      { class: "actions" },
      this.acceptButton,
      this.asideButton,
      act("all", _("Keep all"), "A", () => this.keepAll(), { class: "several" }),
      act("star", _("Keep only this one"), "X", () => this.keepOnly(), { class: "several" }),
      act("compare", _("Compare"), "C", () => this.compare("side"), { class: "several" }),
      act("loupe", _("Loupe"), "Z", () => this.compare("loupe")),
      this.facesButton,
      this.hdrButton,
      this.eyesButton,
      act("apart", _("Not duplicates"), "N", () => this.page.apart(this.group), { class: "several" }),
      this.more,
    );
    return h("div", { class: "foot" }, this.acting, this.splitting);
  }

  get photo() {
    return this.group.photos[this.index];
  }

  get choice() {
    return this.store.choices.book.choices[this.group.id];
  }

  get done() {
    return Boolean(this.choice?.done);
  }

  // What is seen.

  show(group) {
    const same = this.group?.id === group.id;
    this.group = group;
    const wanted = this.back?.id === group.id ? this.back.index : same ? this.index : 0;
    this.index = Math.min(wanted, group.photos.length - 1);
    this.back = null;
    const alone = isClutter(group);
    this.title.replaceChildren(icon(alone ? "clutter" : group.lane), `${LANES[group.lane]} · ${count(group.photos.length, "photo")}`);
    this.element.classList.toggle("alone", alone);
    this.asideButton.hidden = !alone;
    this.why.textContent = group.reason;
    this.why.title = group.reason;
    this.why.classList.toggle("tie", group.tie > 0);
    this.doubt.hidden = !alone && (!group.doubt || group.tie > 0); // the reason says it
    this.doubt.replaceChildren(icon(alone ? "info" : "doubt"), alone ? _("It stays unless you set it aside") : sentence(group.doubt));
    this.facesButton.hidden = !group.people.length;
    this.hdrButton.hidden = !group.makes.includes("hdr");
    this.eyesButton.hidden = !group.makes.includes("composite");
    this.strip.show(group);
    this.moveOut.hidden = this.several.hidden = group.photos.length < 3;
    this.refreshSplit();
    this.refresh();
    this.focusPhoto(this.index, true);
    this.comparing?.load(group, this.index);
    clearTimeout(this.later); // the pictures first: a table of sixty columns takes a moment
    this.facts.replaceChildren();
    this.later = setTimeout(() => {
      refill(this.facts, factsTable(group.photos));
      markColumn(this.facts, this.index);
    }, 30);
  }

  /** After a choice: only what it changes. */
  refresh() {
    const ids = kept(this.group, this.choice);
    this.strip.mark(ids, this.done);
    this.comparing?.describe();
    const alone = isClutter(this.group);
    this.nothing.hidden = ids.size > 0 || alone;
    if (!ids.size && !this.nothing.firstChild)
      this.nothing.append(icon("warning"), _("No photo of this group will be kept"));
    if (ids.size) this.nothing.replaceChildren();
    this.reopen.hidden = !this.done;
    this.element.classList.toggle("decided", this.done);
    this.title.classList.toggle("done", this.done);
    const all = ids.size === this.group.photos.length;
    const each = ids.size ? _("Keep and continue") : _("Set aside and continue");
    const several = all ? _("Keep all and continue") : _("Accept and continue");
    this.acceptButton.lastChild.textContent = alone ? each : several;
    const state = { done: _("decided"), remembered: _("decided earlier") }[status(this.group, this.choice)];
    this.title.dataset.state = state ? `✓ ${state}` : "";
    this.markPhoto(ids);
  }

  markPhoto(ids = kept(this.group, this.choice)) {
    const { photo, keep } = this;
    dress(keep, photo, ids.has(photo.id), _("Keep photo {index}, the large one: {name}", { index: this.index + 1, name: photo.name }), this.done);
    this.stage.mark(ids.has(photo.id), this.done);
  }

  focusPhoto(index, always) {
    if (!always && (index === this.index || !this.group.photos[index])) return;
    this.index = index;
    this.path.replaceChildren(h("strong", {}, _("{index} of {n}", { index: index + 1, n: this.group.photos.length })), " ", this.photo.name);
    this.words.textContent = this.photo.words;
    this.stage.show(this.photo, index === 0 && !this.group.tie && !isClutter(this.group));
    this.strip.focus(index);
    this.markPhoto();
    markColumn(this.facts, index);
    this.page.trail.note();
  }

  refreshSplit() {
    const { choosing, ticked } = this.strip;
    this.splitting.hidden = !choosing;
    this.acting.hidden = choosing;
    this.splitWords.textContent = _("{photos} selected for a new group", { photos: count(ticked.size, "photo") });
    this.splitOff.disabled = !ticked.size || ticked.size === this.group?.photos.length;
  }

  // What is done.

  choose(ids, done, swiped = false) {
    if (!swiped) this.swipes = [];
    this.page.step({ do: "choose", group: this.group.id, kept: inOrder(this.group, new Set(ids)), done });
    this.refresh();
  }

  toggle(index) {
    const photo = this.group.photos[index];
    if (!photo) return;
    const ids = toggled(this.group, this.choice, photo.id);
    if (!ids) return this.page.say(_("Photo {index} is protected: it stays", { index: index + 1 }), true);
    this.choose(ids, false);
    this.page.say(fate(index, ids.includes(photo.id)));
  }

  /** A finger keeps a photo or sets it aside, and goes on: to the next one, after the last to the next open group. */
  swipe(photo, keep) {
    const { group, index } = this;
    if (!keep && photo.protected) return this.page.say(_("Photo {index} is protected: it stays", { index: index + 1 }), true);
    const before = kept(group, this.choice);
    const changed = before.has(photo.id) !== keep;
    const ids = changed ? toggled(group, this.choice, photo.id) : [...before];
    const last = index === group.photos.length - 1;
    const accepted = last && (ids.length > 0 || isClutter(group));
    this.swipes.push({ id: group.id, index, step: changed || accepted });
    if (accepted) return this.settle(ids, true);
    if (changed) this.choose(ids, false, true);
    if (last) return this.page.say(_("No photo of this group would stay. Accept it if you mean that."), true);
    this.page.say(fate(index, keep));
    this.focusPhoto(index + 1);
  }

  /** Back to the photo swiped last. True if that is all there is to undo: its swipe changed nothing. */
  unswipe() {
    for (let last = this.swipes.pop(); last; last = this.swipes.pop()) {
      const here = last.id === this.group.id;
      if (here) this.focusPhoto(last.index, true);
      else this.back = last; // its group comes with the answer
      if (last.step) return false;
      if (here) return true;
    }
    return false;
  }

  keepAll() {
    const ids = this.group.photos.map((photo) => photo.id);
    this.choose(ids, false);
    this.page.say(_("All photos kept"));
  }

  keepOnly() {
    this.choose([this.photo.id], false);
    const others = kept(this.group, this.choice).size - 1;
    const number = this.index + 1;
    this.page.say(others ? _("Only photo {number} kept, plus protected photos", { number }) : _("Only photo {number} kept", { number }));
  }

  accept() {
    this.settle([...kept(this.group, this.choice)]);
  }

  /** One photo that may be clutter; of other photos a group decides. */
  setAside() {
    if (isClutter(this.group)) this.settle([]);
  }

  settle(ids, swiped) {
    this.choose(ids, true, swiped);
    const said = _("Accepted: {kept} of {n} kept", { kept: ids.length, n: this.group.photos.length });
    this.page.say(ids.length ? said : _("Set aside"), true);
    this.page.goOn();
  }

  split(ids) {
    this.strip.choose(false);
    this.page.step({ do: "split", group: this.group.id, photos: ids });
    this.page.say(_("{photos} split off into a new group", { photos: count(ids.length, "photo") }), true);
  }

  compare(mode) {
    const { group, page, store } = this;
    const open = ({ openCompare }, host, closed) => {
      this.comparing = openCompare({
        ...{ host, mode, group, urls: store.sync.urls, start: this.index },
        kept: () => kept(this.group, this.choice),
        where: () => page.bar.where,
        onToggle: (id) => this.toggle(this.group.photos.findIndex((photo) => photo.id === id)),
        onAct: (action, index) => (this.focusPhoto(index), perform(page, { action })),
        onLoupe: (on) => page.trail.loupe(on),
        onClose: (index) => ((this.comparing = null), closed(), this.focusPhoto(index)),
      });
      return this.comparing;
    };
    return page.openDialog("compare.js", open, { mode });
  }

  faces() {
    const { group, page, store } = this;
    if (!group.people.length) return page.say(_("No faces of at least 40 pixels were found in this group"), true);
    return page.openDialog("faces.js", ({ openFaces }, host, onClose) =>
      openFaces({
        ...{ host, group, urls: store.sync.urls, onClose },
        kept: () => kept(this.group, this.choice),
        onToggle: (index) => this.toggle(index),
        onShow: (index) => this.focusPhoto(index),
      }),
    );
  }

  /** A picture made of the group's photos, for the person to accept or not. */
  made(kind) {
    const { group, page, store } = this;
    if (!group.makes.includes(kind)) return page.say(IMPOSSIBLE[kind], true);
    const open = ({ openMade }, host, onClose) =>
      openMade({ ...{ host, group, kind, urls: store.sync.urls, onClose }, say: (words) => page.say(words, true) });
    return page.openDialog("made.js", open, { kind });
  }

  /** Whether there was something to close. */
  escape() {
    if (!this.more.open && !this.strip.choosing) return false;
    this.more.open = false;
    if (this.strip.choosing) this.strip.choose(false);
    return true;
  }

  close() {
    clearTimeout(this.later);
    this.stage.stop();
    this.swipes = [];
    this.comparing?.close();
  }
}

function sentence(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function fate(index, stays) {
  const number = index + 1;
  return stays ? _("Photo {number} kept", { number }) : _("Photo {number} set aside", { number });
}
