// The keys: one table, for what they do and for the help that lists them. `in` says where a key counts: in a group, in
// the list, in both of them, while photos are compared, or while samples are checked. Escape closes every dialog.

export const KEYS = [
  { keys: ["J", "ArrowDown"], action: "nextGroup", in: "group", held: true, words: "Next group" },
  { keys: ["K", "ArrowUp"], action: "previousGroup", in: "group", held: true, words: "Previous group" },
  { keys: ["ArrowRight"], action: "nextPhoto", in: "group", held: true, words: "Next photo of the group" },
  {
    keys: ["ArrowLeft"],
    action: "previousPhoto",
    in: "group",
    held: true,
    words: "Previous photo of the group",
  },
  { keys: ["Space"], action: "toggleShown", in: "group", words: "Keep the large photo, or set it aside" },
  {
    keys: "123456789".split(""),
    action: "toggleNumber",
    in: "group",
    words: "Keep the photo with that number, or set it aside",
  },
  { keys: ["A"], action: "keepAll", in: "group", words: "Keep all photos of the group" },
  { keys: ["X"], action: "keepOnly", in: "group", words: "Keep only the large photo" },
  { keys: ["S"], action: "setAside", in: "group", words: "Set a photo that may be clutter aside, then the next one" },
  { keys: ["Enter"], action: "accept", in: "group", words: "Accept, then go to the next open group" },
  { keys: ["N"], action: "apart", in: "group", words: "Not duplicates: take this group apart" },
  { keys: ["Z"], action: "loupe", in: "group", words: "Loupe: zoom to 100 %" },
  { keys: ["C"], action: "compare", in: "group", words: "Compare side by side" },
  { keys: ["E"], action: "faces", in: "group", words: "Faces: everybody's eyes, side by side" },
  { keys: ["H"], action: "hdr", in: "group", words: "HDR: merge the exposures of a bracket" },
  { keys: ["O"], action: "composite", in: "group", words: "Open eyes from another frame (experimental)" },
  { keys: ["J", "ArrowDown"], action: "nextRow", in: "list", held: true, words: "Next row" },
  { keys: ["K", "ArrowUp"], action: "previousRow", in: "list", held: true, words: "Previous row" },
  { keys: ["G"], action: "groups", in: "both", words: "All groups" },
  { keys: ["U"], action: "undo", in: "both", words: "Undo" },
  { keys: ["Shift+U"], action: "redo", in: "both", words: "Redo" },
  { keys: ["F"], action: "fullScreen", in: "both", words: "Full screen" },
  { keys: ["?"], action: "help", in: "both", words: "This help" },
  { keys: ["ArrowRight"], action: "flipForward", in: "compare", held: true, words: "Next photo" },
  { keys: ["ArrowLeft"], action: "flipBack", in: "compare", held: true, words: "Previous photo" },
  { keys: ["Space"], action: "toggle", in: "compare", words: "Keep the photo, or set it aside" },
  {
    keys: "123456789".split(""),
    action: "toggleNumber",
    in: "compare",
    words: "The same for the photo of that number",
  },
  { keys: ["+", "="], action: "closer", in: "compare", held: true, words: "Zoom in" },
  { keys: ["-"], action: "further", in: "compare", held: true, words: "Zoom out" },
  { keys: ["0"], action: "whole", in: "compare", words: "Whole photo" },
  { keys: ["Z"], action: "hundred", in: "compare", words: "Zoom to 100 %" },
  { keys: ["V"], action: "arrange", in: "compare", words: "One, two or four photos at a time" },
  { keys: ["D"], action: "difference", in: "compare", words: "Show the difference" },
  { keys: ["L"], action: "magnifier", in: "compare", words: "Magnifier" },
  { keys: ["I"], action: "details", in: "compare", words: "Show where they differ" },
  { keys: ["J", "ArrowDown"], action: "nextGroup", in: "compare", held: true, words: "Next group" },
  { keys: ["K", "ArrowUp"], action: "previousGroup", in: "compare", held: true, words: "Previous group" },
  { keys: ["Enter"], action: "accept", in: "compare", words: "Accept, then compare the next open group" },
  { keys: ["A"], action: "keepAll", in: "compare", words: "Keep all photos of the group" },
  { keys: ["X"], action: "keepOnly", in: "compare", words: "Keep only this photo" },
  { keys: ["N"], action: "apart", in: "compare", words: "Not duplicates: take this group apart" },
  { keys: ["U"], action: "undo", in: "compare", words: "Undo" },
  { keys: ["Shift+U"], action: "redo", in: "compare", words: "Redo" },
  { keys: ["?"], action: "help", in: "compare", words: "This help" },
  { keys: ["C"], action: "close", in: "compare", words: "Close" },
  { keys: ["Y", "Enter"], action: "right", in: "sample", words: "This suggestion is right" },
  { keys: ["N"], action: "wrong", in: "sample", words: "This suggestion is wrong" },
  { keys: ["Escape"], action: "escape", in: "both", words: "Close, or go back to all groups" },
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
