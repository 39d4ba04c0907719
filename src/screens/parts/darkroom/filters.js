// Which groups are listed, and in which order. No page and no network.

import { LANES, ease, gain, status, sure } from "./groups.js";
import { LANGUAGE, _ } from "./language.js";

export const SHOW_ALL = { lane: "", state: "", certainty: "", text: "" };

/** The order of the list is also the order one walks in, from group to group. */
export class Listing {
  sort = "easiest";
  filter = { ...SHOW_ALL };
  order = []; // ids of groups

  refresh(book) {
    this.order = ordered(book, this.sort, this.filter);
  }

  /** The group that many places further on, or back. */
  beside(id, by) {
    return this.order[this.order.indexOf(id) + by];
  }

  /** The next group nobody decided, from here to the end and then from the start; "" if there is none. */
  nextOpen(choices, from) {
    const at = this.order.indexOf(from) + 1;
    const way = [...this.order.slice(at), ...this.order.slice(0, at)];
    return way.find((id) => id !== from && !choices[id]?.done) ?? "";
  }

  /** After groups came and went: what is still there keeps its place, what is new comes where `from` was. */
  carry(groups, from) {
    const there = new Set(groups.map((group) => group.id));
    const fresh = new Set(there);
    for (const id of this.order) fresh.delete(id);
    const at = this.order.indexOf(from);
    const before = this.order.slice(0, at < 0 ? this.order.length : at);
    const all = [...before, ...fresh, ...this.order.slice(before.length)];
    this.order = all.filter((id) => there.has(id));
  }
}

const hard = (group) => group.certainty - (group.doubt ? 1 : 0); // what is doubtful comes before all that is not
const name = (group) => group.photos[0].name;
const rank = Object.keys(LANES);

// Each gives numbers, or words, of which the smaller comes first.
export const SORTS = {
  easiest: {
    words: _("Clear winners first"),
    by: [
      (group, choice) => (choice?.done ? 1 : 0),
      ease,
      (group) => -group.certainty,
      (group, choice) => -gain(group, choice),
    ],
  },
  hardest: { words: _("Least confident first"), by: [(group, choice) => (choice?.done ? 1 : 0), hard] },
  surest: { words: _("Most confident first"), by: [(group, choice) => (choice?.done ? 1 : 0), (group) => -hard(group)] },
  bytes: { words: _("Most space freed"), by: [(group, choice) => -gain(group, choice)] },
  photos: { words: _("Most photos"), by: [(group) => -group.photos.length] },
  lane: { words: _("Kind"), by: [(group) => rank.indexOf(group.lane), hard] },
  name: { words: _("Name"), by: [name] },
};

/** The ids of the groups that are asked for, in the order that is asked for: in the list, and from group to group. */
export function ordered({ groups, choices }, sort, filter) {
  const words = fold(filter.text).split(/\s+/).filter(Boolean);
  const rows = groups
    .filter((group) => wanted(group, choices[group.id], filter, words))
    .map((group) => ({ id: group.id, by: SORTS[sort].by.map((of) => of(group, choices[group.id])) }));
  return rows.sort((one, other) => compare(one.by, other.by)).map((row) => row.id);
}

function wanted(group, choice, { lane, state, certainty }, words) {
  if (lane && group.lane !== lane) return false;
  if (state === "open" && choice?.done) return false;
  if (state === "done" && !choice?.done) return false;
  if (state === "remembered" && status(group, choice) !== "remembered") return false;
  if (certainty && sure(group) !== (certainty === "sure")) return false;
  return words.every((word) => names(group).includes(word));
}

const folded = new WeakMap();

function names(group) {
  if (!folded.has(group)) folded.set(group, fold(group.photos.map((photo) => photo.name).join("\n")));
  return folded.get(group);
}

function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

const collator = new Intl.Collator(LANGUAGE, { numeric: true });

function compare(one, other) {
  for (let at = 0; at < one.length; at += 1) {
    const less = typeof one[at] === "string" ? collator.compare(one[at], other[at]) : one[at] - other[at];
    if (less) return less;
  }
  return 0;
}
