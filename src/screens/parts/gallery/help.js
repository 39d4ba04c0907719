// The help: keyboard shortcuts and gestures among the library's photos.

import { openHelp as openDialog } from "../darkroom/help.js";
import { _ } from "../darkroom/language.js";
import { KEYS } from "./keys.js";

const parts = { grid: _("Among the photos"), large: _("In the large view"), both: _("In both") };
const gestures = {
  [_("Rest on a photo")]: _("Select it"),
  [_("Shift + click")]: _("Select up to this photo"),
  [_("Ctrl + click")]: _("Select one more"),
  Swipe: _("Next or previous photo"),
  [_("Pinch, wheel")]: _("Zoom"),
};

export const openHelp = ({ host, onClose }) => openDialog({ host, onClose, keys: KEYS, parts, gestures });
