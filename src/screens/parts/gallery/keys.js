// The keys: one table, for what they do and for the help that lists them. `in` says where a key counts: in the grid, in
// the large view, or in both. `cell`: only while a photo of the grid has the focus, or nothing has.

import { entry } from "../darkroom/keys.js";
import { _ } from "../darkroom/language.js";

const grid = { in: "grid", cell: true };

export const KEYS = [
  { keys: ["ArrowRight"], action: "next", ...grid, held: true, words: _("Next photo") },
  { keys: ["ArrowLeft"], action: "previous", ...grid, held: true, words: _("Previous photo") },
  { keys: ["ArrowDown"], action: "down", ...grid, held: true, words: _("A row down") },
  { keys: ["ArrowUp"], action: "up", ...grid, held: true, words: _("A row up") },
  { keys: ["PageDown"], action: "pageDown", ...grid, held: true, words: _("A screen down") },
  { keys: ["PageUp"], action: "pageUp", ...grid, held: true, words: _("A screen up") },
  { keys: ["Home"], action: "first", ...grid, words: _("First photo") },
  { keys: ["End"], action: "last", ...grid, words: _("Last photo") },
  { keys: ["Enter"], action: "open", ...grid, words: _("Open the photo") },
  { keys: ["Space"], action: "pick", ...grid, words: _("Select the photo") },
  { keys: ["Shift+Space"], action: "range", ...grid, words: _("Select up to this photo") },
  { keys: ["D"], action: "day", in: "grid", words: _("Select the day") },
  { keys: ["Ctrl+A"], action: "all", in: "grid", words: _("Select all") },
  { keys: ["/"], action: "search", in: "grid", words: _("Search") },
  { keys: ["M"], action: "similar", in: "both", words: _("Find photos like this, or like the selected ones") },
  { keys: ["+", "="], action: "larger", in: "grid", held: true, words: _("Larger") },
  { keys: ["-"], action: "smaller", in: "grid", held: true, words: _("Smaller") },
  { keys: ["A"], action: "album", in: "grid", words: _("Put into an album") },
  { keys: ["N"], action: "note", in: "grid", words: _("Write a note") },
  { keys: ["E"], action: "export", in: "grid", words: _("Export") },
  { keys: ["ArrowRight", "ArrowDown"], action: "forward", in: "large", held: true, words: _("Next photo") },
  { keys: ["ArrowLeft", "ArrowUp"], action: "back", in: "large", held: true, words: _("Previous photo") },
  { keys: ["I"], action: "info", in: "large", words: _("Information, tags, albums and note") },
  { keys: ["E"], action: "faces", in: "large", words: _("Faces with their names") },
  { keys: ["Z"], action: "zoom", in: "large", words: _("Zoom to 100 % and back") },
  { keys: ["+", "="], action: "closer", in: "large", held: true, words: _("Zoom in") },
  { keys: ["-"], action: "further", in: "large", held: true, words: _("Zoom out") },
  { keys: ["F"], action: "favourite", in: "both", words: _("Favourite, or no longer") },
  { keys: ["T"], action: "tag", in: "both", words: _("Tag") },
  { keys: ["?"], action: "help", in: "both", words: _("This help") },
  { keys: ["Escape"], action: "escape", in: "both", words: _("Close, or select nothing") },
];

/** The action of a key press there, or "" if it is not for us. */
export function meaning(event, place) {
  const found = entry(KEYS, event, [place, "both"]);
  const cell = found?.cell && event.composedPath()[0]?.closest?.("button, a, summary, [role=slider]");
  return found && !cell ? found.action : "";
}
