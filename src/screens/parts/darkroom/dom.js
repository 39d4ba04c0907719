// Elements, by name, attributes and children. Text is always text: nothing a file is called becomes markup.

import { _, count, number } from "./language.js";

export { count };

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  if (tag === "button") element.type = "button"; // but for those said to submit a form
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class" || name.includes("-") || !(name in element))
      element.setAttribute(name, value === true ? "" : value);
    else element[name] = value;
  }
  element.append(...there(children));
  return element;
}

/** Put these in place of what an element has. */
export function refill(element, ...children) {
  element.replaceChildren(...there(children));
}

/** Without those left out by a condition. */
function there(children) {
  return children.flat().filter((child) => child !== null && child !== undefined && child !== false);
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} ${_("bytes")}`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = -1;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${number(value, value < 99.95 ? 1 : 0)} ${units[unit]}`;
}
