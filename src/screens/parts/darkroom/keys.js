// The keys: one table, for what they do and for the help that lists them. `in` says where a key counts: in a group, in
// the list, in both of them, while photos are compared, or while samples are checked. Escape closes every dialog.

import { _ } from "./language.js";

const DIGITS = [..."123456789"];

export const KEYS = [
  { keys: ["J", "ArrowDown"], action: "nextGroup", in: "group", held: true, words: _("Next group") },
  { keys: ["K", "ArrowUp"], action: "previousGroup", in: "group", held: true, words: _("Previous group") },
  { keys: ["ArrowRight"], action: "nextPhoto", in: "group", held: true, words: _("Next photo of the group") },
  { keys: ["ArrowLeft"], action: "previousPhoto", in: "group", held: true, words: _("Previous photo of the group") },
  { keys: ["Space"], action: "toggleShown", in: "group", words: _("Keep the large photo, or set it aside") },
  { keys: DIGITS, action: "toggleNumber", in: "group", words: _("Keep the photo with that number, or set it aside") },
  { keys: ["A"], action: "keepAll", in: "group", words: _("Keep all photos of the group") },
  { keys: ["X"], action: "keepOnly", in: "group", words: _("Keep only the large photo") },
  { keys: ["S"], action: "setAside", in: "group", words: _("Set a photo that may be clutter aside, then the next one") },
  { keys: ["Enter"], action: "accept", in: "group", words: _("Accept, then go to the next open group") },
  { keys: ["N"], action: "apart", in: "group", words: _("Not duplicates: take this group apart") },
  { keys: ["Z"], action: "loupe", in: "group", words: _("Loupe: zoom to 100 %") },
  { keys: ["C"], action: "compare", in: "group", words: _("Compare side by side") },
  { keys: ["E"], action: "faces", in: "group", words: _("Faces: everybody's eyes, side by side") },
  { keys: ["H"], action: "hdr", in: "group", words: _("HDR: merge the exposures of a bracket") },
  { keys: ["O"], action: "composite", in: "group", words: _("Open eyes from another frame (experimental)") },
  { keys: ["J", "ArrowDown"], action: "nextRow", in: "list", held: true, words: _("Next row") },
  { keys: ["K", "ArrowUp"], action: "previousRow", in: "list", held: true, words: _("Previous row") },
  { keys: ["G"], action: "groups", in: "both", words: _("All groups") },
  { keys: ["U"], action: "undo", in: "both", words: _("Undo") },
  { keys: ["Shift+U"], action: "redo", in: "both", words: _("Redo") },
  { keys: ["F"], action: "fullScreen", in: "both", words: _("Full screen") },
  { keys: ["?"], action: "help", in: "both", words: _("This help") },
  { keys: ["ArrowRight"], action: "flipForward", in: "compare", held: true, words: _("Next photo") },
  { keys: ["ArrowLeft"], action: "flipBack", in: "compare", held: true, words: _("Previous photo") },
  { keys: ["Space"], action: "toggle", in: "compare", words: _("Keep the photo, or set it aside") },
  { keys: DIGITS, action: "toggleNumber", in: "compare", words: _("The same for the photo of that number") },
  { keys: ["+", "="], action: "closer", in: "compare", held: true, words: _("Zoom in") },
  { keys: ["-"], action: "further", in: "compare", held: true, words: _("Zoom out") },
  { keys: ["0"], action: "whole", in: "compare", words: _("Whole photo") },
  { keys: ["Z"], action: "hundred", in: "compare", words: _("Zoom to 100 %") },
  { keys: ["V"], action: "arrange", in: "compare", words: _("One, two or four photos at a time") },
  { keys: ["D"], action: "difference", in: "compare", words: _("Show the difference") },
  { keys: ["L"], action: "magnifier", in: "compare", words: _("Magnifier") },
  { keys: ["I"], action: "details", in: "compare", words: _("Show where they differ") },
  { keys: ["J", "ArrowDown"], action: "nextGroup", in: "compare", held: true, words: _("Next group") },
  { keys: ["K", "ArrowUp"], action: "previousGroup", in: "compare", held: true, words: _("Previous group") },
  { keys: ["Enter"], action: "accept", in: "compare", words: _("Accept, then compare the next open group") },
  { keys: ["A"], action: "keepAll", in: "compare", words: _("Keep all photos of the group") },
  { keys: ["X"], action: "keepOnly", in: "compare", words: _("Keep only this photo") },
  { keys: ["N"], action: "apart", in: "compare", words: _("Not duplicates: take this group apart") },
  { keys: ["U"], action: "undo", in: "compare", words: _("Undo") },
  { keys: ["Shift+U"], action: "redo", in: "compare", words: _("Redo") },
  { keys: ["?"], action: "help", in: "compare", words: _("This help") },
  { keys: ["C"], action: "close", in: "compare", words: _("Close") },
  { keys: ["Y", "Enter"], action: "right", in: "sample", words: _("This suggestion is right") },
  { keys: ["N"], action: "wrong", in: "sample", words: _("This suggestion is wrong") },
  { keys: ["Escape"], action: "escape", in: "both", words: _("Close, or go back to all groups") },
];

const SIGNS = { ArrowDown: "↓", ArrowUp: "↑", ArrowRight: "→", ArrowLeft: "←", Escape: "Esc" };

/** As it stands on a keyboard. */
export function signs({ keys }) {
  return keys.length > 4 ? [`${keys[0]} – ${keys.at(-1)}`] : keys.map((key) => SIGNS[key] ?? key);
}

/** What a key press means in this view: { action, key }, or null if it is not for us. */
export function meaning(event, view) {
  const places = ["group", "list"].includes(view) ? [view, "both"] : [view];
  const found = entry(KEYS, event, places);
  const taken = found && ["Enter", "Space"].includes(found.key) && pressable(event.composedPath()[0]);
  return found && !taken ? { action: found.action, key: found.key } : null;
}

/** The line of a table of keys that a press stands for in these places, with the `key`; null if none does. */
export function entry(keys, event, places) {
  if (event.altKey || event.isComposing || typing(event.composedPath()[0])) return null;
  // Where digits need Shift, the key itself still tells which one it is.
  const digit = !event.ctrlKey && !event.metaKey && /^Digit([1-9])$/.exec(event.code ?? "")?.[1];
  for (const key of [named(event), digit]) {
    const found = keys.find((one) => places.includes(one.in) && one.keys.includes(key));
    if (found) return found.held || !event.repeat ? { ...found, key } : null;
  }
  return null;
}

function named({ key, shiftKey, ctrlKey, metaKey }) {
  const [shift, control] = [shiftKey ? "Shift+" : "", ctrlKey || metaKey ? "Ctrl+" : ""];
  if (/^[a-z]$/i.test(key)) return control + shift + key.toUpperCase();
  if (control) return "";
  return key === " " ? `${shift}Space` : key;
}

const NOT_TYPED_IN = new Set(["checkbox", "radio", "button", "submit", "reset", "range", "color", "file", "image"]);

export function typing(target) {
  if (!target?.matches) return false;
  if (target.matches("input")) return !NOT_TYPED_IN.has(target.type) || target.type === "range";
  return (
    target.isContentEditable ||
    target.matches("textarea, select, [role=slider], [role=listbox], [role=combobox]")
  );
}

/** What Space and Enter are for already. */
function pressable(target) {
  const roles = ["button", "checkbox", "radio", "tab", "option", "menuitem", "switch", "link"];
  const found = target?.closest?.(
    `button, a[href], summary, input, ${roles.map((role) => `[role=${role}]`).join(", ")}`,
  );
  return Boolean(found);
}
