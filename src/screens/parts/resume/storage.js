// The runs of this browser by their tokens, in its own storage: no server and no other browser has this list.

import { safely } from "../darkroom/memory.js";

const PREFIX = "unipic-run-";

export function keep(token) {
  safely(() => localStorage.setItem(PREFIX + token, String(Date.now())));
}

/** The tokens, the one used last first. */
export function tokens() {
  const found = safely(() => Object.entries(localStorage)) ?? [];
  return found
    .filter(([key]) => key.startsWith(PREFIX))
    .sort(([, one], [, other]) => Number(other) - Number(one))
    .map(([key]) => key.slice(PREFIX.length));
}

/** All that this browser keeps of a run, its unsent steps too. */
export function forget(token) {
  safely(() => {
    for (const key of Object.keys(localStorage))
      if (key.startsWith("unipic-") && key.includes(token)) localStorage.removeItem(key);
  });
}

/** What of an upload has not arrived: { chosen: files in all, names: some of those that wait }; null if all has. */
export function unfinished(token) {
  return safely(() => JSON.parse(localStorage.getItem(`unipic-unfinished-${token}`)));
}

export function keepUnfinished(token, values) {
  const key = `unipic-unfinished-${token}`;
  safely(() => (values ? localStorage.setItem(key, JSON.stringify(values)) : localStorage.removeItem(key)));
}
