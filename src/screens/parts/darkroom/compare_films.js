// Films beside each other: one slider shows the same moment of all of them.

import { h } from "./dom.js";
import { _ } from "./language.js";

const REST = 150; // milliseconds on a moment before its pictures are asked for: each is decoded by the server

/** null for photos, and for films that are not known to agree. */
export function scrubber(compare) {
  const { moments } = compare.group;
  if (!moments?.length) return null;
  const said = h("output", {}, "0.0 s");
  let resting = 0;
  const show = () => {
    for (const pane of compare.panes) {
      const [seconds, later] = moments[compare.index(pane)];
      pane.picture.moment(Math.min(Math.max(0, Number(slide.value) + later), seconds));
    }
  };
  const slide = h("input", {
    type: "range",
    min: 0,
    max: moments[0][0],
    step: 0.1,
    value: 0,
    "aria-label": _("Time in the first film, in seconds"),
    oninput: () => {
      said.value = `${Number(slide.value).toFixed(1)} s`;
      clearTimeout(resting);
      resting = setTimeout(show, REST);
    },
    onkeydown: (event) => event.key !== "Escape" && event.stopPropagation(), // arrows move the slider, not the photos
  });
  return h("label", { class: "compare-scrub" }, _("Films at"), slide, said);
}
