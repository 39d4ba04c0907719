// Buttons with a sign: before words, or alone with a name.

import { h } from "./dom.js";
import { icon } from "./icons.js";

export function button(name, words, act, attributes = {}) {
  const text = words && h("span", {}, words);
  return h("button", { onclick: act, ...attributes }, name && icon(name), text);
}

/** Only the sign is seen; the words are its name. */
export function bare(name, words, act, attributes = {}) {
  return button(name, "", act, { "aria-label": words, class: "plain", ...attributes });
}
