// The help: keyboard shortcuts and gestures.

import { h } from "../darkroom/dom.js";
import { icon } from "../darkroom/icons.js";
import { signs } from "../darkroom/keys.js";
import { KEYS } from "./keys.js";

const PARTS = { grid: "Among the photos", large: "In the large view", both: "In both" };

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
        row(["Rest on a photo"], "Select it"),
        row(["Shift + click"], "Select up to this photo"),
        row(["Ctrl + click"], "Select one more"),
        row(["Swipe"], "Next or previous photo"),
        row(["Pinch, wheel"], "Zoom"),
      ),
    ),
  );
  host.append(dialog);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.showModal();
}

function row(keys, words) {
  return h("div", {}, h("dt", {}, ...keys.map((key) => h("kbd", {}, key))), h("dd", {}, words));
}
