// The cards: each run that this browser remembers, how far it is, and a way back to it.

import { call } from "../darkroom/api.js";
import { h } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { TAG, _, ngettext } from "../darkroom/language.js";
import { question } from "../darkroom/question.js";
import { forget, tokens } from "./storage.js";

const FIRST = { narrow: 2, wide: 6 }; // cards, until all are asked for: what is below them is to be seen too
const AGAIN = 3000; // milliseconds between two looks at a scan
const BUSY = ["waiting", "working"];
const DAY = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
const ASKED =
  _("The uploaded copies, your choices and the results are deleted. Your originals are not touched.");

export class Cards {
  /** The run of the token is shown on this page, and gets no card. */
  constructor(root, token) {
    Object.assign(this, { root, token });
    this.gone = [];
    this.closed = new AbortController();
    this.title = h("h2", { tabIndex: -1 }, _("Continue"));
    this.list = h("ul");
    this.more = h("button", { class: "plain", onclick: () => this.draw(this.waiting.length) });
    this.swept = h("p", { class: "gone", role: "status" });
    root.ariaLabel = _("Continue");
    root.replaceChildren(this.title, this.list, this.more, this.swept);
    this.waiting = tokens().filter((one) => one !== token);
    this.draw(window.innerWidth < 600 ? FIRST.narrow : FIRST.wide);
  }

  /** Streamlit calls this over and over; `onOpen(token)` is told. */
  show(_, onOpen) {
    this.onOpen = onOpen;
  }

  close() {
    this.closed.abort();
    this.root.replaceChildren();
  }

  /** The next cards: empty at first, so that nothing jumps when they are filled. */
  draw(number) {
    const next = this.waiting.splice(0, number);
    for (const token of next) this.fill(this.list.appendChild(h("li", { ariaBusy: "true" })), token);
    this.refresh();
  }

  async fill(card, token) {
    const { status, body } = await call("/unipic/run", { token });
    if (this.closed.signal.aborted) return;
    if (status !== 200 || body.state === "gone") {
      card.remove();
      if (status === 200) this.gone.push(token);
      return this.refresh();
    }
    this.put(card, token, body);
    if (BUSY.includes(body.state)) setTimeout(() => this.closed.signal.aborted || this.fill(card, token), AGAIN);
  }

  put(card, token, { name, told, picture, created }) {
    const focused = card.contains(card.getRootNode().activeElement);
    const image = picture
      ? h("img", { src: `/unipic/thumb/${token}/${picture}`, alt: "", loading: "lazy" })
      : h("span", { class: "none" }, icon("album"));
    const when = created ? new Date(1000 * created).toLocaleString(TAG, DAY) : "";
    const open = h(
      "button",
      { class: "open", onclick: () => this.onOpen(token) },
      image,
      h("span", { class: "words" }, h("strong", {}, name), h("span", {}, told), h("span", { class: "when" }, when)),
    );
    const words = _("Delete: {name}, {when}", { name, when });
    const remove = { class: "remove", "aria-label": words, title: _("Delete") };
    card.ariaBusy = null;
    card.replaceChildren(open, h("button", { ...remove, onclick: () => this.ask(card, token, name) }, icon("cross")));
    if (focused) open.focus();
  }

  ask(card, token, name) {
    question(this.root, {
      title: _("Delete “{name}”?", { name }),
      words: ASKED,
      answers: [[_("Delete"), () => this.remove(card, token)]],
    });
  }

  async remove(card, token) {
    const answer = await fetch(`/unipic/run/${token}`, { method: "DELETE" }).catch(() => null);
    if (!answer?.ok && answer?.status !== 404) {
      card.querySelector(".words").lastChild.textContent = _("It could not be deleted. Please try again.");
      return;
    }
    forget(token);
    card.remove();
    this.refresh();
    this.title.focus();
  }

  /** Clear the list of those that are no longer there. */
  sweep() {
    for (const token of this.gone.splice(0)) forget(token);
    this.refresh();
  }

  refresh() {
    const { gone, waiting } = this;
    this.more.hidden = !waiting.length;
    this.more.textContent = ngettext("Show {n:,} earlier one", "Show {n:,} earlier ones", waiting.length);
    this.swept.hidden = !gone.length;
    this.swept.replaceChildren(
      h("span", {}, ngettext("{n:,} earlier review is no longer on this server: deleted, or unused for too long.", "{n:,} earlier reviews are no longer on this server: deleted, or unused for too long.", gone.length)),
      h("button", { class: "plain", onclick: () => this.sweep() }, _("Clear")),
    );
    this.title.hidden = !this.list.children.length;
    this.root.hidden = this.title.hidden && this.more.hidden && this.swept.hidden;
  }
}
