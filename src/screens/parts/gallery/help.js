// The help: keyboard shortcuts and gestures among the library's photos.

import { openHelp as openDialog } from "../darkroom/help.js";
import { KEYS } from "./keys.js";

const parts = { grid: "Among the photos", large: "In the large view", both: "In both" };
const gestures = {
  "Rest on a photo": "Select it",
  "Shift + click": "Select up to this photo",
  "Ctrl + click": "Select one more",
  Swipe: "Next or previous photo",
  "Pinch, wheel": "Zoom",
};

export const openHelp = ({ host, onClose }) => openDialog({ host, onClose, keys: KEYS, parts, gestures });
