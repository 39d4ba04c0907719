// Buttons with a sign: before words, or alone with a name.

import { h } from "./dom.js";
import { icon } from "./icons.js";

export function button(name, words, act, attributes = {}) {
  const text = words && h("span", {}, words);
  return h("button", { onclick: act, ...attributes }, name && icon(name), text);
}

/** Only the sign is seen; the words are its name, and shown under the pointer. */
export function bare(name, words, act, attributes = {}) {
  return button(name, "", act, { "aria-label": words, title: words, class: "plain", ...attributes });
}
