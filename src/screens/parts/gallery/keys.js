// The keys: one table, for what they do and for the help that lists them. `in` says where a key counts: in the grid, in
// the large view, or in both. `cell`: only while a photo of the grid has the focus, or nothing has.

import { entry } from "../darkroom/keys.js";

const grid = { in: "grid", cell: true };

export const KEYS = [
  { keys: ["ArrowRight"], action: "next", ...grid, held: true, words: "Next photo" },
  { keys: ["ArrowLeft"], action: "previous", ...grid, held: true, words: "Previous photo" },
  { keys: ["ArrowDown"], action: "down", ...grid, held: true, words: "A row down" },
  { keys: ["ArrowUp"], action: "up", ...grid, held: true, words: "A row up" },
  { keys: ["PageDown"], action: "pageDown", ...grid, held: true, words: "A screen down" },
  { keys: ["PageUp"], action: "pageUp", ...grid, held: true, words: "A screen up" },
  { keys: ["Home"], action: "first", ...grid, words: "First photo" },
  { keys: ["End"], action: "last", ...grid, words: "Last photo" },
  { keys: ["Enter"], action: "open", ...grid, words: "Open the photo" },
  { keys: ["Space"], action: "pick", ...grid, words: "Select the photo" },
  { keys: ["Shift+Space"], action: "range", ...grid, words: "Select up to this photo" },
  { keys: ["D"], action: "day", in: "grid", words: "Select the day" },
  { keys: ["Ctrl+A"], action: "all", in: "grid", words: "Select all" },
  { keys: ["/"], action: "search", in: "grid", words: "Search" },
  { keys: ["M"], action: "similar", in: "both", words: "Find photos like this, or like the selected ones" },
  { keys: ["+", "="], action: "larger", in: "grid", held: true, words: "Larger" },
  { keys: ["-"], action: "smaller", in: "grid", held: true, words: "Smaller" },
  { keys: ["A"], action: "album", in: "grid", words: "Put into an album" },
  { keys: ["N"], action: "note", in: "grid", words: "Write a note" },
  { keys: ["E"], action: "export", in: "grid", words: "Export" },
  { keys: ["ArrowRight", "ArrowDown"], action: "forward", in: "large", held: true, words: "Next photo" },
  { keys: ["ArrowLeft", "ArrowUp"], action: "back", in: "large", held: true, words: "Previous photo" },
  { keys: ["I"], action: "info", in: "large", words: "Information, tags, albums and note" },
  { keys: ["E"], action: "faces", in: "large", words: "Faces with their names" },
  { keys: ["Z"], action: "zoom", in: "large", words: "Zoom to 100 % and back" },
  { keys: ["+", "="], action: "closer", in: "large", held: true, words: "Zoom in" },
  { keys: ["-"], action: "further", in: "large", held: true, words: "Zoom out" },
  { keys: ["F"], action: "favourite", in: "both", words: "Favourite, or no longer" },
  { keys: ["T"], action: "tag", in: "both", words: "Tag" },
  { keys: ["?"], action: "help", in: "both", words: "This help" },
  { keys: ["Escape"], action: "escape", in: "both", words: "Close, or select nothing" },
];

/** The action of a key press there, or "" if it is not for us. */
export function meaning(event, place) {
  const found = entry(KEYS, event, [place, "both"]);
  const cell = found?.cell && event.composedPath()[0]?.closest?.("button, a, summary, [role=slider]");
  return found && !cell ? found.action : "";
}
