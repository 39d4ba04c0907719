// What is known about the groups, and what follows from it. No page and no network: it can be tested by calling it.

export const LANES = { identical: "Identical", same: "Same picture", similar: "Similar moment" };
export const SURE = 0.95;
export const SHOW_ALL = { lane: "", state: "", certainty: "", text: "" };

/** A book of its own: what is done to it leaves the one it was made from as it is. */
export function book(from) {
  const byId = new Map(from.groups.map((group) => [group.id, group]));
  return { ...from, groups: [...from.groups], choices: { ...from.choices }, byId };
}

/** What Python said, and on top of it what the person did since. */
export function withSteps(known, steps) {
  const shown = book(known);
  for (const step of steps) apply(shown, step);
  return shown;
}

/** A step as it will turn out. Undo, redo, split and merge are for Python to say. */
export function apply(book, step) {
  const of = (id) => book.byId.get(id);
  const put = (group, kept, done) => {
    if (group) book.choices[group.id] = { kept: inOrder(group, kept), done, remembered: false };
  };
  if (step.do === "choose") put(of(step.group), new Set(step.kept), step.done);
  if (step.do === "accept" || step.do === "reopen") {
    for (const id of step.groups)
      if (of(id)) put(of(id), kept(of(id), book.choices[id]), step.do === "accept");
  }
  if (step.do === "apart" && book.byId.delete(step.group)) {
    book.groups = book.groups.filter((group) => group.id !== step.group);
  }
}

/** The answer to a step, taken over; null stands for a group as it was before anybody touched it. */
export function answered(known, { choices = {}, version, undo, redo }) {
  const next = book({ ...known, version, undo, redo });
  for (const [id, choice] of Object.entries(choices)) {
    if (choice) next.choices[id] = choice;
    else delete next.choices[id];
  }
  return next;
}

// One group.

/** The ids of what stays. What is protected always stays. */
export function kept(group, choice) {
  const ids = new Set(choice ? choice.kept : group.suggested);
  for (const photo of group.photos) if (photo.protected) ids.add(photo.id);
  return ids;
}

/** What stays if this photo changes sides; null if it may not. */
export function toggled(group, choice, id) {
  const photo = group.photos.find((one) => one.id === id);
  if (!photo || photo.protected) return null;
  const ids = kept(group, choice);
  if (!ids.delete(id)) ids.add(id);
  return inOrder(group, ids);
}

export function inOrder(group, ids) {
  return group.photos.filter((photo) => ids.has(photo.id) || photo.protected).map((photo) => photo.id);
}

/** Bytes of what does not stay. */
export function gain(group, choice) {
  const ids = kept(group, choice);
  return group.photos.reduce((sum, photo) => (ids.has(photo.id) ? sum : sum + photo.size), 0);
}

export function status(group, choice) {
  if (choice?.done) return choice.remembered ? "remembered" : "done";
  const now = kept(group, choice);
  const before = kept(group, null);
  return now.size === before.size && [...now].every((id) => before.has(id)) ? "open" : "started";
}

/** No doubt, and a certainty of at least `least`: the same for the list and for accepting many at once. */
export function sure(group, least = SURE) {
  return !group.doubt && group.certainty >= least;
}

// All groups.

export function progress({ groups, choices }) {
  const sum = { all: groups.length, done: 0, bytes: 0 };
  for (const group of groups) {
    if (!choices[group.id]?.done) continue;
    sum.done += 1;
    sum.bytes += gain(group, choices[group.id]);
  }
  return sum;
}

const hard = (group) => group.certainty - (group.doubt ? 1 : 0); // what is doubtful comes before all that is not
const name = (group) => group.photos[0].name;
const rank = Object.keys(LANES);

// Each gives numbers, or words, of which the smaller comes first.
export const SORTS = {
  hardest: { words: "Least confident first", by: [(group, choice) => (choice?.done ? 1 : 0), hard] },
  surest: { words: "Most confident first", by: [(group, choice) => (choice?.done ? 1 : 0), (group) => -hard(group)] },
  bytes: { words: "Most space freed", by: [(group, choice) => -gain(group, choice)] },
  photos: { words: "Most photos", by: [(group) => -group.photos.length] },
  lane: { words: "Kind", by: [(group) => rank.indexOf(group.lane), hard] },
  name: { words: "Name", by: [name] },
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

const collator = new Intl.Collator("en", { numeric: true });

function compare(one, other) {
  for (let at = 0; at < one.length; at += 1) {
    const less = typeof one[at] === "string" ? collator.compare(one[at], other[at]) : one[at] - other[at];
    if (less) return less;
  }
  return 0;
}

/** The next group nobody decided, from here to the end and then from the start; "" if there is none. */
export function nextOpen(order, choices, from) {
  const at = order.indexOf(from) + 1;
  return [...order.slice(at), ...order.slice(0, at)].find((id) => id !== from && !choices[id]?.done) ?? "";
}

/** The order after groups came and went: what is still there keeps its place, what is new comes where `from` was. */
export function carried(order, groups, from) {
  const there = new Set(groups.map((group) => group.id));
  const fresh = new Set(there);
  for (const id of order) fresh.delete(id);
  const at = order.indexOf(from);
  const before = order.slice(0, at < 0 ? order.length : at);
  return [...before, ...fresh, ...order.slice(before.length)].filter((id) => there.has(id));
}
