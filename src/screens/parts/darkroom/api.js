// Python on the other side: what is fetched, and the outbox that brings every step there, in order and only once.

import { _ } from "./language.js";

const PAUSES = [1000, 2000, 5000, 10000, 20000]; // milliseconds before each new try
const LONG = 30000; // milliseconds after which an answer is no longer waited for
export const OFFLINE = _("Unipic does not answer. Is it still running?");
const MOST_AT_THE_END = 60000; // characters a browser still sends while the page closes

export function urls(token) {
  return {
    review: `/unipic/review/${token}`,
    thumb: (photo) => (photo.digest ? `/unipic/thumb/${token}/${photo.digest}` : ""),
    view: (photo) => `/unipic/view/${token}/${photo.id}`,
    frame: (film, seconds) => `/unipic/frame/${token}/${film.id}/${Math.round(1000 * seconds)}`,
    full: (photo) => `/unipic/photo/${token}/${photo.id}`,
    made: (group, kind) => `/unipic/made/${token}/${group.id}/${kind}`,
    token,
  };
}

/** Status and JSON; status 0 if nothing came back. */
export async function call(url, body, patience = LONG) {
  const text = body && JSON.stringify(body);
  const given = text ? { method: "POST", body: text, headers: { "Content-Type": "application/json" } } : {};
  try {
    const keepalive = Boolean(text) && text.length < MOST_AT_THE_END;
    const response = await fetch(url, { ...given, keepalive, signal: AbortSignal.timeout(patience) });
    return { status: response.status, body: await response.json().catch(() => null) };
  } catch {
    return { status: 0, body: null };
  }
}

/** What an address answers; null after a problem, which is told. */
export function ask(url, told, body, patience) {
  return answered(call(url, body, patience), told);
}

/** The answer that is coming; null after a problem, which is told. */
export async function answered(coming, told) {
  const { status, body: answer } = await coming;
  if (status === 200 && answer) return answer;
  told(answer?.message || OFFLINE);
  return null;
}

/** Status and JSON of a file that is sent. */
export async function put(url, file) {
  const answer = await fetch(`${url}?${new URLSearchParams({ name: file.name })}`, { method: "PUT", body: file }).catch(() => null);
  return { status: answer?.status ?? 0, body: (await answer?.json().catch(() => null)) ?? null };
}

export function worthRetrying({ status, body }) {
  return [0, 408, 425, 429].includes(status) || status >= 500 || (status === 200 && !body);
}

export function pause(tries) {
  return new Promise((go) => {
    const wake = () => (clearTimeout(timer), window.removeEventListener("online", wake), go());
    const timer = setTimeout(wake, PAUSES[Math.min(tries, PAUSES.length - 1)]);
    window.addEventListener("online", wake);
  });
}

const outboxes = new Map();

/** One per run, for as long as the page lives: Streamlit may take the view away while steps still wait. */
export function outboxOf(token) {
  const { review } = urls(token);
  if (!outboxes.has(token)) outboxes.set(token, new Outbox(token, { send: (step) => call(review, step) }));
  return outboxes.get(token);
}

export class Outbox {
  constructor(token, { send, storage = storageHere(), rest = pause }) {
    Object.assign(this, { send, storage, rest });
    this.prefix = `unipic-unsent-${token}-`;
    this.key = this.prefix + uuid(); // a tab writes only its own; Python counts a step once, whoever brings it
    this.steps = this.left();
    this.stored = true;
    this.tries = 0;
    this.running = null;
    this.view = null; // { version(), onAnswer(step, answer), onState() }
    this.store();
  }

  /** What earlier pages could not send. */
  left() {
    const found = [];
    for (const key of Object.keys(this.storage ?? {}).filter((one) => one.startsWith(this.prefix))) {
      try {
        found.push(...JSON.parse(this.storage.getItem(key)).filter((step) => step?.step && step.do));
        this.storage.removeItem(key);
      } catch {
        // not ours, or half-written: nothing that could be sent
      }
    }
    return found;
  }

  store() {
    try {
      if (this.steps.length) this.storage.setItem(this.key, JSON.stringify(this.steps));
      else this.storage?.removeItem(this.key);
      this.stored = true;
    } catch {
      this.stored = false; // full or forbidden: then only this page knows them
    }
  }

  add(body) {
    const step = { step: uuid(), ...body };
    this.steps.push(step);
    this.store();
    this.start();
    return step;
  }

  start() {
    if (!this.running && this.steps.length) this.running = this.work().finally(() => (this.running = null));
    return this.running ?? Promise.resolve();
  }

  async work() {
    while (this.steps.length) {
      const [step] = this.steps;
      this.view?.onState();
      const version = this.view?.version();
      const answer = await this.send(version === undefined ? step : { ...step, version });
      if (worthRetrying(answer)) {
        this.tries += 1;
        this.view?.onState();
        await this.rest(this.tries - 1);
        continue;
      }
      this.tries = 0;
      this.steps.shift();
      this.store();
      await this.view?.onAnswer(step, answer);
    }
    this.view?.onState();
  }
}

function storageHere() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** Not crypto.randomUUID, which exists only where the page came by https or from this very computer. */
function uuid() {
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return hex.join("").replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}
