// What a browser remembers: the size of the cells, and in a tab the filter and where the person was.

import { safely } from "../darkroom/memory.js";

export const SIZES = [72, 96, 124, 160, 210, 280]; // pixels
const SIZE = "unipic-photos-size";
const PLACE = "unipic-photos-place";

/** The number of a size; on a small screen a smaller one to begin with. */
export function size(width) {
  const stored = Number.parseInt(safely(() => localStorage.getItem(SIZE)) ?? "", 10);
  if (stored >= 0 && stored < SIZES.length) return stored;
  return width < 600 ? 1 : 3;
}

export function keepSize(number) {
  safely(() => localStorage.setItem(SIZE, String(number)));
}

/** { filter, place, cursor } of this tab, or null. */
export function place() {
  const found = safely(() => JSON.parse(sessionStorage.getItem(PLACE)));
  return found && typeof found.filter === "object" ? found : null;
}

export function keepPlace(values) {
  safely(() => sessionStorage.setItem(PLACE, JSON.stringify(values)));
}
