// The help: keyboard shortcuts and gestures.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { KEYS, signs } from "./keys.js";

const PARTS = {
  group: "In a group",
  list: "In all groups",
  both: "In both",
  compare: "While comparing",
  sample: "While checking samples",
};

export function openHelp({ host, onClose }) {
  const rows = (place) =>
    KEYS.filter((one) => one.in === place).map(({ words, ...one }) => row(signs(one), words));
  const dialog = h(
    "dialog",
    { class: "help", "aria-labelledby": "help-title", onclose: () => (dialog.remove(), onClose()) },
    h(
      "header",
      {},
      h("h2", { id: "help-title" }, "Shortcuts and gestures"),
      h(
        "button",
        { type: "button", class: "plain", "aria-label": "Close", onclick: () => dialog.close() },
        icon("cross"),
      ),
    ),
    ...Object.keys(PARTS).map((place) =>
      h("section", {}, h("h3", {}, PARTS[place]), h("dl", {}, ...rows(place))),
    ),
    h(
      "section",
      {},
      h("h3", {}, "Touch and mouse"),
      h(
        "dl",
        {},
        row(["Swipe right"], "Keep the large photo"),
        row(["Swipe left"], "Set the large photo aside"),
        row(["Tap the large photo"], "Loupe"),
        row(["Shift + click"], "Select photos to split off"),
      ),
    ),
  );
  host.append(dialog);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.showModal();
  return { close: () => dialog.close() };
}

function row(keys, words) {
  return h("div", {}, h("dt", {}, ...keys.map((key) => h("kbd", {}, key))), h("dd", {}, words));
}
