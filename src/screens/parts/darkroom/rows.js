// The rows of the list: made once, moved when the order changes, and touched again only when their group changed.

import { count, h, size } from "./dom.js";
import { icon } from "./icons.js";
import { LANES, gain, isClutter, kept, status } from "./groups.js";
import { _, number } from "./language.js";

const THUMBS = 5;
const AT_ONCE = 40; // rows made before anything is shown; the others come a few at a time

export class Rows {
  constructor({ urls, onOpen, onTick }) {
    this.urls = urls;
    this.made = new Map(); // group id -> row
    this.element = h("ul", { class: "rows", "aria-label": _("Groups") });
    const id = (event) => event.target.closest("li")?.dataset.id;
    this.element.addEventListener("click", (event) => event.target.closest(".open") && onOpen(id(event)));
    this.element.addEventListener("change", (event) => onTick(id(event), event.target.checked));
    this.element.addEventListener("error", ({ target }) => target.replaceWith(h("span", { class: "none" })), true);
  }

  /** The rows of these groups, in this order; the row `upTo` is there when this returns. */
  show(book, order, ticked, upTo = "") {
    cancelAnimationFrame(this.filling);
    for (const id of this.made.keys()) if (!book.byId.has(id)) this.made.delete(id);
    const same = this.full && order.length === this.full.length && order.every((id, at) => id === this.full[at]);
    if (same) return order.forEach((id) => this.row(book, id, ticked));
    const focused = this.element.getRootNode().activeElement?.closest?.("li")?.dataset.id;
    const rest = order.values();
    const some = (atLeast = 0) => {
      const rows = [];
      for (let fresh = 0; fresh < AT_ONCE || rows.length < atLeast;) {
        const { value: id, done } = rest.next();
        if (done) {
          this.full = order;
          break;
        }
        if (!this.made.has(id)) fresh += 1;
        rows.push(this.row(book, id, ticked));
      }
      return rows;
    };
    const more = () => {
      this.element.append(...some());
      if (!this.full) this.filling = requestAnimationFrame(more);
    };
    this.full = null;
    this.element.replaceChildren(...some(order.indexOf(upTo) + 10));
    if (!this.full) this.filling = requestAnimationFrame(more);
    if (focused) this.focus(focused);
  }

  focus(id) {
    const row = this.made.get(id);
    if (!row?.element.isConnected) return false;
    row.open.focus({ preventScroll: true });
    row.element.scrollIntoView({ block: "nearest" });
    return true;
  }

  row(book, id, ticked) {
    const [group, choice] = [book.byId.get(id), book.choices[id]];
    const row = this.made.get(id) ?? this.make(group);
    if (row.group !== group) this.fillIn(row, group);
    if (row.choice !== choice || row.group !== group) this.mark(row, group, choice);
    row.tick.checked = ticked.has(id);
    row.element.classList.toggle("ticked", ticked.has(id));
    Object.assign(row, { group, choice });
    return row.element;
  }

  make(group) {
    const tick = h("input", { type: "checkbox" });
    const [state, bytes] = [h("span", { class: "mark" }), h("span", { class: "bytes" })];
    const open = h("button", { class: "open" });
    const element = h("li", { "data-id": group.id }, h("label", { class: "box" }, tick), open);
    const row = { element, tick, open, state, bytes, choice: null };
    this.made.set(group.id, row);
    return row;
  }

  fillIn(row, group) {
    const { photos } = group;
    const folders = photos[0].name.split("/");
    const base = folders.pop();
    row.tick.setAttribute("aria-label", _("Select group: {base}, {photos}", { base, photos: count(photos.length, "photo") }));
    row.choice = undefined;
    row.open.replaceChildren(
      h(
        "span",
        { class: "thumbs" },
        ...photos.slice(0, THUMBS).map((photo) => this.thumb(photo)),
      ),
      h("span", { class: "name", title: photos[0].name }, base, " ", h("span", { class: "folder" }, folders.join("/"))),
      h(
        "span",
        { class: "lane", title: group.reason },
        icon(isClutter(group) ? "clutter" : group.lane),
        isClutter(group) ? group.reason : `${LANES[group.lane]} · ${count(photos.length, "photo")}`,
      ),
      h(
        "span",
        { class: group.doubt ? "sure doubtful" : "sure" },
        group.doubt && icon(group.tie ? "tie" : "doubt"),
        certainty(group),
      ),
      row.bytes,
      row.state,
    );
  }

  thumb(photo) {
    const src = this.urls.thumb(photo);
    if (!src) return h("span", { class: "none" });
    return h("img", { loading: "lazy", decoding: "async", alt: "", draggable: false, src }); // the name stands beside it
  }

  mark(row, group, choice) {
    const state = status(group, choice);
    const stays = kept(group, choice).size;
    const each = stays ? _("Kept") : _("Set aside");
    const part = isClutter(group) ? each : _("{kept} of {n} kept", { kept: stays, n: group.photos.length });
    const bytes = gain(group, choice);
    const done = state === "done" || state === "remembered";
    const words = {
      done: part,
      remembered: _("Decided earlier: {part}", { part }),
      started: _("Started: {part}", { part }),
      open: _("Open"),
    }[state];
    row.element.classList.toggle("done", done);
    row.bytes.textContent = bytes ? (done ? _("{size} set aside", { size: size(bytes) }) : _("frees {size}", { size: size(bytes) })) : isClutter(group) ? "" : _("Frees nothing");
    row.state.replaceChildren(icon(state === "done" ? "check" : state), words);
  }
}

function certainty({ tie, photos, doubt, certainty: share }) {
  if (tie) return tie === photos.length ? _("Equally good") : _("{tie} equally good", { tie });
  return doubt ? doubt.charAt(0).toUpperCase() + doubt.slice(1) : _("{percent} confident", { percent: percent(share) });
}

/** Never more than is known: 99.96 % is not 100 %. */
export function percent(share) {
  return `${number(Math.floor(share * 1000) / 10)} %`;
}
