// The help: keyboard shortcuts and gestures.

import { headed, opened } from "./dialog.js";
import { h } from "./dom.js";
import { KEYS, signs } from "./keys.js";
import { _ } from "./language.js";

const PARTS = {
  group: _("In a group"),
  list: _("In all groups"),
  both: _("In both"),
  compare: _("While comparing"),
  sample: _("While checking samples"),
};

const GESTURES = {
  [_("Swipe right")]: _("Keep the large photo, then the next one"),
  [_("Swipe left")]: _("Set the large photo aside, then the next one"),
  [_("Swipe the last photo")]: _("Accept the group, then the next group"),
  [_("Tap Undo")]: _("Take the last swipe back"),
  [_("Tap the large photo")]: _("Loupe"),
  [_("Two fingers")]: _("Zoom, while comparing"),
  [_("Shift + click")]: _("Select photos to split off"),
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
    h("h3", {}, _("Touch and mouse")),
    h("dl", {}, ...Object.entries(gestures).map(([gesture, words]) => row([gesture], words))),
  );
  const dialog = headed(
    { name: "help", title: _("Shortcuts and gestures"), onClose },
    touch && byHand,
    ...places.map((place) => h("section", {}, h("h3", {}, parts[place]), h("dl", {}, ...rows(place)))),
    !touch && byHand,
  );
  return opened(host, dialog);
}

function row(keys, words) {
  return h("div", {}, h("dt", {}, ...keys.map((key) => h("kbd", {}, key))), h("dd", {}, words));
}
