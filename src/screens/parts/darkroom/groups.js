// What follows from a group and its choice. No page and no network.

import { _ } from "./language.js";

export const LANES = {
  identical: _("Identical"),
  same: _("Same picture"),
  holds: _("Same picture, each holds something"),
  similar: _("Similar moment"),
};
export const SURE = 0.95;

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

/** How easily it is decided, 0 the easiest: a clear pick, a copy, identical files, a doubt, a tie. */
export function ease({ lane, doubt, tie }) {
  if (tie) return 4;
  if (doubt) return 3;
  return { similar: 0, identical: 2 }[lane] ?? 1;
}

/** What would become of a group's photos as it stands: {group, aside, stays}. */
export function outcome(group, choice) {
  const ids = kept(group, choice);
  const [stays, aside] = [true, false].map((stay) => group.photos.filter((photo) => ids.has(photo.id) === stay));
  return { group, aside, stays };
}

/** The outcomes of open groups of identical files, which may be settled without a look. */
export function identical({ groups, choices }) {
  return groups
    .filter((group) => group.lane === "identical" && sure(group) && status(group, choices[group.id]) === "open")
    .map((group) => outcome(group, choices[group.id]))
    .filter(({ aside }) => aside.length);
}

export function progress({ groups, choices }) {
  return { all: groups.length, done: groups.filter((group) => choices[group.id]?.done).length };
}
