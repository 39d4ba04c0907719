// Files from this browser to the upload route of a run, a few at a time.
//
// Streamlit calls the default function anew on every change and takes the view away when another screen is shown.
// The work therefore lives in a Batch per run, for as long as the page does, and a View only shows it.

const PARALLEL = 3;
const PAUSES = [1000, 4000, 10000]; // milliseconds before each new try of a file
const STALL = 90000; // milliseconds without progress before a try is given up
const EVERY = 200; // milliseconds between two looks at progress
const UNDATED = 60000; // milliseconds: a file that young was made by the browser when it was chosen
const SHOWN_FAILURES = 5; // rows; a thousand of them would help nobody
const NAMED = 5; // files that are named where many did not arrive
const WORTH_RETRYING = new Set([0, 408, 425, 429, 500, 502, 503, 504]);
const HOPELESS = new Set([404, 409, 507]); // what is true of one file here is true of all that follow
const LITTER = /(^|\/)(\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini)$/i; // what systems leave in folders

// What this browser remembers of its runs. Without it an upload works, but a new page does not find it.
const remembered = import(`${location.origin}/unipic/resume/storage.js`).catch(() => null);
const { _, count, ngettext, number } = await import(`${location.origin}/unipic/darkroom/language.js`);
const WORDS = {
  ".with-mouse": _("Drop photos or folders here"),
  ".with-finger": _("Add your photos"),
  ".formats": _("JPEG, HEIC, PNG, WebP, AVIF, TIFF, JPEG XL, raw files and more, with their films and sidecars."),
  ".promise": _("Your own files are only read."),
  ".choose-folder": _("Choose a folder"),
  ".cancel": _("Cancel"),
  ".retry-all": _("Retry all"),
};
const LABELS = {
  ".files": _("Photos"),
  ".folder": _("Folder"),
  ".bar": _("Upload"),
  ".flying": _("Being uploaded"),
  ".failed": _("Not uploaded"),
};
const batches = new Map();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".uploader");
  if (!batches.has(data.token)) batches.set(data.token, new Batch(data));
  const batch = batches.get(data.token);
  if (root.view?.batch !== batch) {
    root.view?.close();
    root.view = new View(root, batch);
  }
  batch.attach(root.view, (result) => setStateValue("result", result));
  // Streamlit also cleans up after a call that a newer one has overtaken; the view is then the newer one's.
  const call = (root.calls = (root.calls ?? 0) + 1);
  return () => root.calls === call && root.view?.close();
}

// The work.

class Batch {
  /** `count` and `bytes`: of what an earlier page sent. */
  constructor({ token, max_file: maxFile, count, bytes }) {
    this.token = token;
    this.maxFile = maxFile;
    this.waiting = [];
    this.flying = new Set();
    this.failed = [];
    this.done = { count, bytes };
    this.total = { count, bytes };
    this.lost = null; // what an earlier page could not send: { count, chosen, names }
    this.looking = 0; // drops whose folders are still being read
    this.litter = 0;
    this.undated = 0; // files whose date the browser hides
    this.cancelled = false;
    this.round = 0; // counts the cancellings
    this.stretch = null; // when this stretch of work began and what was sent before: for the time left
    this.report = null;
    this.unreported = null;
    this.recall(count);
  }

  async recall(arrived) {
    this.remembered = await remembered;
    const { chosen, names } = this.remembered?.unfinished(this.token) ?? {};
    if (chosen > arrived && !this.busy) this.lost = { count: chosen - arrived, chosen, names };
    this.view?.show();
  }

  /** Whatever happens to this page, the next one knows of this upload and can say what did not arrive. */
  remember() {
    const { waiting, failed, flying, total, done } = this;
    const names = [...waiting.slice(0, NAMED), ...failed.slice(0, NAMED), ...flying].slice(0, NAMED);
    const unfinished = total.count > done.count && { chosen: total.count, names: names.map(({ name }) => name) };
    this.remembered?.keepUnfinished(this.token, unfinished);
    if (total.count) this.remembered?.keep(this.token);
  }

  attach(view, report) {
    this.view = view;
    this.report = report;
    if (this.unreported) this.tell(this.unreported);
    view.show();
  }

  detach(view) {
    if (this.view !== view) return;
    this.view = null;
    this.report = null;
  }

  get busy() {
    return this.looking + this.flying.size + this.waiting.length > 0;
  }

  get sent() {
    let bytes = this.done.bytes;
    for (const item of this.flying) bytes += item.loaded;
    return bytes;
  }

  async addEntries(entries) {
    this.looking += 1;
    const { round } = this;
    for (const entry of entries) {
      for await (const found of filesBehind(entry)) {
        if (round !== this.round) break; // cancelled meanwhile
        this.add([found]);
      }
    }
    this.looking -= 1;
    this.goOn();
  }

  add(found) {
    this.cancelled = false;
    this.lost = null;
    for (const { file, name, reason } of found) {
      if (LITTER.test(name)) {
        this.litter += 1;
        continue;
      }
      const item = { file, name, key: freshKey(), size: file ? file.size : 0, loaded: 0, tries: 0 };
      this.total.count += 1;
      this.total.bytes += item.size;
      if (file && Date.now() - file.lastModified < UNDATED) this.undated += 1;
      if (reason) this.fail(item, reason);
      else if (item.size > this.maxFile)
        this.fail(item, _("It is {size}; the limit is {limit} per file.", { size: size(item.size), limit: size(this.maxFile) }));
      else this.waiting.push(item);
    }
    this.goOn();
  }

  retry(items) {
    this.failed = this.failed.filter((item) => !items.includes(item));
    for (const item of items) item.tries = 0;
    this.cancelled = false;
    this.waiting.push(...items);
    this.goOn();
  }

  cancel() {
    this.cancelled = true;
    this.round += 1;
    const dropped = [...this.flying, ...this.waiting];
    this.waiting = [];
    for (const item of dropped) this.forget(item);
    for (const item of this.flying) item.stop();
    this.flying.clear();
    this.goOn();
  }

  forget(item) {
    this.total.count -= 1;
    this.total.bytes -= item.size;
  }

  fail(item, reason) {
    this.failed.push(Object.assign(item, { reason, loaded: 0 }));
  }

  goOn() {
    if (this.busy && !this.stretch) {
      this.stretch = { since: Date.now(), sent: this.sent };
      window.addEventListener("beforeunload", warn);
    }
    while (this.flying.size < PARALLEL && this.waiting.length) this.launch(this.waiting.shift());
    this.remember();
    if (!this.busy && this.stretch) {
      this.stretch = null;
      window.removeEventListener("beforeunload", warn);
      this.tell({ token: this.token, count: this.done.count, bytes: this.done.bytes, failed: this.failed.length });
    }
    this.view?.show();
  }

  tell(result) {
    this.unreported = this.report ? null : result;
    this.report?.(result);
  }

  async launch(item) {
    this.flying.add(item);
    const { status, message } = await send(this.token, item);
    if (!this.flying.has(item)) return; // cancelled meanwhile
    if (status === 200) {
      this.flying.delete(item);
      this.done.count += 1;
      this.done.bytes += item.size;
    } else if (status === 0 && !(await readable(item.file))) {
      this.flying.delete(item);
      this.fail(item, _("Your browser cannot read this file, or it was changed or moved."));
    } else if (WORTH_RETRYING.has(status) && item.tries < PAUSES.length) {
      item.loaded = 0;
      await item.wait(PAUSES[item.tries++]);
      if (this.flying.delete(item)) this.waiting.unshift(item);
    } else {
      this.flying.delete(item);
      const reason = message || (status ? _("The server refused it ({status}).", { status }) : _("The connection to the server was lost."));
      this.fail(item, reason);
      if (HOPELESS.has(status)) for (const next of this.waiting.splice(0)) this.fail(next, reason);
    }
    this.goOn();
  }
}

function send(token, item) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let stalled;
    const stillAlive = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALL);
    };
    request.open("PUT", `/unipic/upload/${token}/${item.key}?name=${encodeURIComponent(wellFormed(item.name))}&modified=${item.file.lastModified}`);
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      item.loaded = Math.min(event.loaded, item.size);
      stillAlive();
    };
    request.onloadend = () => {
      clearTimeout(stalled);
      resolve({ status: request.status, message: request.response?.message });
    };
    let wake = () => {};
    item.wait = (pause) => new Promise((go) => ((wake = go), setTimeout(go, pause)));
    item.stop = () => (request.abort(), wake());
    stillAlive();
    request.send(item.file);
  });
}

async function readable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function* filesBehind(entry) {
  const name = entry.fullPath.replace(/^\//, "");
  try {
    if (entry.isFile) {
      yield { file: await new Promise((resolve, reject) => entry.file(resolve, reject)), name };
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // 100 at most
      if (!some.length) return;
      for (const inner of some) yield* filesBehind(inner);
    }
  } catch {
    yield { file: null, name, reason: _("Your browser cannot read it.") };
  }
}

function freshKey() {
  // Not crypto.randomUUID, which exists only where the page came by https or from this very computer.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function wellFormed(name) {
  return name.replace(/\p{Surrogate}/gu, "\uFFFD"); // half a character would make encodeURIComponent throw
}

function warn(event) {
  event.preventDefault();
  event.returnValue = "";
}

// The view.

class View {
  constructor(root, batch) {
    this.root = root;
    this.batch = batch;
    this.leave = new AbortController();
    this.page = location.pathname;
    this.find = (selector) => root.querySelector(selector);
    this.rows = new Map();
    root.ariaLabel = _("Add photos");
    for (const [selector, words] of Object.entries(WORDS)) this.find(selector).textContent = words;
    for (const [selector, words] of Object.entries(LABELS)) this.find(selector).ariaLabel = words;
    this.connect();
  }

  connect() {
    const on = (target, type, act) => target.addEventListener(type, act, { signal: this.leave.signal });
    const pick = (button, input) => {
      on(this.find(button), "click", () => this.find(input).click());
      on(this.find(input), "change", ({ target }) => {
        this.batch.add(Array.from(target.files, (file) => ({ file, name: file.webkitRelativePath || file.name })));
        target.value = ""; // so that the same choice counts again
      });
    };
    pick(".choose", ".files");
    pick(".choose-folder", ".folder");
    if (!("webkitdirectory" in HTMLInputElement.prototype)) this.find(".choose-folder").hidden = true;
    on(this.find(".cancel"), "click", () => this.batch.cancel());
    on(this.find(".retry-all"), "click", () => this.batch.retry(this.batch.failed.filter((item) => item.file)));
    // On the whole window: a photo dropped beside the zone would otherwise replace the page, and end the upload.
    on(window, "dragover", (event) => this.drag(event, true));
    on(window, "dragleave", (event) => event.relatedTarget || this.drag(event, false));
    on(window, "drop", (event) => this.drop(event));
    this.root.hidden = false; // not before: a button that is seen works
  }

  drag(event, over) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.find(".zone").classList.toggle("over", over);
  }

  drop(event) {
    this.drag(event, false);
    if (!event.defaultPrevented) return;
    const items = Array.from(event.dataTransfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (items.length) this.batch.addEntries(items);
    else this.batch.add(Array.from(event.dataTransfer.files, (file) => ({ file, name: file.name })));
  }

  close() {
    this.leave.abort();
    clearTimeout(this.again);
    this.batch.detach(this);
    this.root.view = null;
  }

  show() {
    if (this.again) return;
    this.render();
    this.again = setTimeout(() => {
      this.again = null;
      if (this.batch.busy) this.show();
      else this.render();
    }, EVERY);
  }

  render() {
    const { batch } = this;
    const percent = batch.total.bytes ? Math.floor((100 * batch.sent) / batch.total.bytes) : batch.busy ? 0 : 100;
    this.find(".progress").hidden = !batch.total.count && !batch.busy && !batch.cancelled && !batch.litter;
    this.find(".lost").hidden = !batch.lost;
    this.find(".lost").textContent = batch.lost ? notArrived(batch.lost) : "";
    if (batch.total.count) this.address();
    this.find(".sum").textContent = batch.busy ? running(batch) : settled(batch);
    const bar = this.find(".bar");
    bar.hidden = !batch.busy;
    bar.setAttribute("aria-valuenow", percent);
    bar.setAttribute("aria-valuetext", this.find(".sum").textContent);
    bar.firstElementChild.style.width = `${percent}%`;
    this.find(".zone").classList.toggle("small", batch.total.count > 0);
    this.find(".choose").classList.toggle("strong", !batch.total.count);
    this.find(".choose").textContent = batch.total.count ? _("Add more photos") : _("Choose photos");
    this.showCancel();
    this.showFlying();
    this.showFailures();
    this.announce(percent);
  }

  /** The address finds this upload again after a reload. Another page's address is left alone. */
  address() {
    const address = new URL(location.href);
    if (location.pathname !== this.page || address.searchParams.get("upload") === this.batch.token) return;
    address.searchParams.set("upload", this.batch.token);
    history.replaceState(history.state, "", address);
  }

  showCancel() {
    const button = this.find(".cancel");
    const focused = this.root.getRootNode().activeElement === button;
    button.hidden = !this.batch.busy;
    if (button.hidden && focused) this.find(".choose").focus();
  }

  showFlying() {
    const { flying } = this.batch;
    for (const [item, row] of this.rows) if (!flying.has(item)) row.remove(), this.rows.delete(item);
    for (const item of flying) {
      if (!this.rows.has(item)) this.rows.set(item, this.find(".flying").appendChild(flyingRow(item)));
      const percent = item.size ? Math.floor((100 * item.loaded) / item.size) : 0;
      const [, state, thin] = this.rows.get(item).children;
      state.textContent = item.tries ? `${_("try {n}", { n: item.tries + 1 })} · ${percent}%` : `${percent}%`;
      thin.firstElementChild.style.width = `${percent}%`;
    }
  }

  showFailures() {
    const { failed } = this.batch;
    if (this.failuresShown === failed.length && this.lastFailure === failed.at(-1)) return;
    this.failuresShown = failed.length;
    this.lastFailure = failed.at(-1);
    this.find(".failures").hidden = !failed.length;
    this.find(".failed-sum").textContent = ngettext("{n:,} photo could not be uploaded", "{n:,} photos could not be uploaded", failed.length);
    this.find(".retry-all").hidden = failed.filter((item) => item.file).length < 2;
    const rows = failed.slice(0, SHOWN_FAILURES).map((item) => failedRow(item, () => this.batch.retry([item])));
    const more = failed.length - rows.length;
    if (more > 0) rows.push(element("li", "reason", _("and {n:,} more", { n: more })));
    this.find(".failed").replaceChildren(...rows);
  }

  // Every quarter and at the end: a screen reader that reads every percent drowns the rest of the page.
  announce(percent) {
    const { batch } = this;
    const milestone = batch.busy ? Math.floor(percent / 25) : `${batch.done.count} ${batch.failed.length} ${batch.cancelled}`;
    if (milestone === this.milestone || this.find(".progress").hidden) return;
    this.milestone = milestone;
    const failures = batch.failed.length ? ` ${this.find(".failed-sum").textContent}.` : "";
    this.find(".status").textContent = this.find(".sum").textContent + (batch.busy ? "" : failures);
  }
}

function flyingRow(item) {
  const row = element("li", "");
  const name = element("span", "name", item.name);
  name.title = item.name;
  const thin = element("span", "thin");
  thin.append(document.createElement("div"));
  row.append(name, element("span", ""), thin);
  return row;
}

function failedRow(item, retry) {
  const row = element("li", "");
  const text = document.createElement("div");
  const name = element("div", "name", item.name);
  name.title = item.name;
  text.append(name, element("div", "reason", item.reason));
  row.append(text);
  if (item.file) {
    const button = element("button", "", _("Retry"));
    button.type = "button";
    button.setAttribute("aria-label", _("Retry {name}", { name: item.name }));
    button.addEventListener("click", retry);
    row.append(button);
  }
  return row;
}

/** Text only ever becomes text: names come from anywhere. */
function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

// Words.

function running(batch) {
  const { total, done, stretch } = batch;
  const words = [_("{n:,} of {photos}", { n: done.count, photos: count(total.count, "photo") }), ofSize(batch.sent, total.bytes)];
  if (batch.looking) words.push(_("still reading folders"));
  else if (stretch) words.push(timeLeft(batch));
  return words.filter(Boolean).join(" · ");
}

function settled(batch) {
  const { done, litter, undated, cancelled } = batch;
  const uploaded = ngettext("{n:,} photo uploaded", "{n:,} photos uploaded", done.count);
  const words = [cancelled ? _("Cancelled: {what}", { what: uploaded }) : (done.count ? "✓ " : "") + uploaded];
  if (done.bytes) words.push(size(done.bytes));
  if (undated) words.push(_("your browser does not tell the file date of {n:,}", { n: undated }));
  if (litter) words.push(ngettext("{n:,} system file left out", "{n:,} system files left out", litter));
  return words.join(" · ");
}

function notArrived({ count: missing, chosen, names }) {
  const named = names.slice(0, missing).join(", ");
  const left = missing - names.length;
  return ngettext(
    "{n:,} of {files} was not uploaded before the page closed: {names}. Choose what is missing again; the others are here.",
    "{n:,} of {files} were not uploaded before the page closed: {names}. Choose what is missing again; the others are here.",
    missing,
    { files: count(chosen, "file"), names: left > 0 ? _("{names} and {n:,} more", { names: named, n: left }) : named },
  );
}

function timeLeft({ stretch, sent, total }) {
  const seconds = (Date.now() - stretch.since) / 1000;
  const rate = (sent - stretch.sent) / seconds;
  if (seconds < 3 || rate <= 0) return "";
  const left = (total.bytes - sent) / rate;
  if (left < 10) return _("a few seconds left");
  if (left < 60) return _("under a minute left");
  if (left < 5400) return _("{n} min left", { n: Math.round(left / 60) });
  return _("{hours} hours left", { hours: number(left / 3600, 1) });
}

function unit(bytes) {
  return bytes >= 1e9 ? [1e9, "GB", 1] : bytes >= 1e6 ? [1e6, "MB", bytes >= 1e7 ? 0 : 1] : [1e3, "kB", 0];
}

function size(bytes) {
  const [scale, name, digits] = unit(bytes);
  return `${number(bytes / scale, digits)} ${name}`;
}

function ofSize(part, bytes) {
  const [scale, name, digits] = unit(bytes);
  return _("{part} of {all} {unit}", { part: number(part / scale, digits), all: number(bytes / scale, digits), unit: name });
}
