// The help: keyboard shortcuts and gestures.

import { headed } from "./dialog.js";
import { h } from "./dom.js";
import { KEYS, signs } from "./keys.js";

const PARTS = {
  group: "In a group",
  list: "In all groups",
  both: "In both",
  compare: "While comparing",
  sample: "While checking samples",
};

const GESTURES = {
  "Swipe right": "Keep the large photo, then the next one",
  "Swipe left": "Set the large photo aside, then the next one",
  "Swipe the last photo": "Accept the group, then the next group",
  "Tap Undo": "Take the last swipe back",
  "Tap the large photo": "Loupe",
  "Two fingers": "Zoom, while comparing",
  "Shift + click": "Select photos to split off",
};

/** The dialog; the library's photos have keys and gestures of their own. `first`: the part that comes first. */
export function openHelp({ host, onClose, keys = KEYS, parts = PARTS, gestures = GESTURES, first = "" }) {
  const touch = matchMedia("(pointer: coarse)").matches; // where a finger is at hand, gestures are what helps
  const rows = (place) =>
    keys.filter((one) => one.in === place).map(({ words, ...one }) => row(signs(one), words));
  const places = Object.keys(parts).sort((one, other) => (other === first) - (one === first));
  const byHand = h(
    "section",
    {},
    h("h3", {}, "Touch and mouse"),
    h("dl", {}, ...Object.entries(gestures).map(([gesture, words]) => row([gesture], words))),
  );
  const dialog = headed(
    { name: "help", title: "Shortcuts and gestures", onClose },
    touch && byHand,
    ...places.map((place) => h("section", {}, h("h3", {}, parts[place]), h("dl", {}, ...rows(place)))),
    !touch && byHand,
  );
  host.append(dialog);
  dialog.showModal();
  return { close: () => dialog.close() };
}

function row(keys, words) {
  return h("div", {}, h("dt", {}, ...keys.map((key) => h("kbd", {}, key))), h("dd", {}, words));
}
