// What the page knows of people, and what it sends.

import { OFFLINE, answered, ask, call, put } from "../darkroom/api.js";
import { keepPlace } from "../gallery/memory.js";
import { ALL } from "../gallery/store.js";

const PEOPLE = "/unipic/people";
const PRINTING = 300000; // milliseconds: a large page takes a slow server minutes

export class Store {
  /** view.onTrouble(words) is told. */
  constructor(view) {
    this.view = view;
    this.book = null; // the listing's answer
  }

  async load() {
    this.book = (await this.get("listing")) ?? this.book;
    return this.book;
  }

  person(id) {
    return this.get(`person/${encodeURIComponent(id)}`);
  }

  questions() {
    return this.get("questions");
  }

  get(path) {
    return ask(`${PEOPLE}/${path}`, this.told);
  }

  told = (words) => this.view.onTrouble(words);

  /** The faces in a picture, each with the photos of whoever has it; null after a problem, which is told. */
  async selfie(file) {
    return (await answered(put(`${PEOPLE}/selfie`, file), this.told))?.faces ?? null;
  }

  /** A run with these photos of the library. */
  async album(digests) {
    return (await ask("/unipic/library/selection", this.told, { digests }))?.run;
  }

  /** A page of a person to print; null after a problem. */
  print(person, how) {
    return ask("/unipic/events/collage", this.told, { person, ...how }, PRINTING);
  }

  /** The answer, or null after a refusal. `onTogether(message, photos)` is asked about two who share photos. */
  async say(said, onTogether) {
    const { status, body } = await call(`${PEOPLE}/do`, said);
    if (body?.photos) {
      onTogether?.(body.message, body.photos);
      return null;
    }
    if (status === 200 && body) {
      if (body.notices?.length) this.view.onTrouble(body.notices.join(" "));
      return body;
    }
    this.view.onTrouble(body?.message || OFFLINE);
    return null;
  }

  get names() {
    return [...new Set(this.book?.person.map(({ name }) => name) ?? [])];
  }

  named(name) {
    return this.book.person.filter((one) => one.name.toLowerCase() === name.trim().toLowerCase());
  }
}

/** Have the page of photos search for a person, in this tab. */
export function searchFor(name) {
  keepPlace({ filter: { ...ALL, q: `who:"${name.replaceAll('"', "")}"` } });
}
