// The faces in the photo that is large: a box for each with the name, to be named or corrected.

import { call } from "../darkroom/api.js";
import { h } from "../darkroom/dom.js";

const PEOPLE = "/unipic/people";

export class Faces {
  /** `over`: an element that lies on the photo. page: ask(open), search(query), say(words). */
  constructor(over, page) {
    Object.assign(this, { over, page, shown: false });
  }

  toggle() {
    this.shown = !this.shown;
    this.clear();
    return this.shown;
  }

  clear() {
    this.digest = "";
    this.over.replaceChildren();
  }

  /** Show the boxes of a photo, if they are wanted. */
  async show(digest, anew = false) {
    if (!this.shown || (this.digest === digest && !anew)) return;
    this.digest = digest;
    const { body } = await call(`${PEOPLE}/photo/${digest}`);
    if (this.digest !== digest) return;
    if (!body?.length) this.page.say(body ? "No face was found, or faces are not told apart" : "The faces could not be fetched");
    this.over.replaceChildren(...(body ?? []).map((face) => this.box(face)));
  }

  box(face) {
    const [left, top, right, bottom] = face.box.map((edge) => `${100 * edge}%`);
    const words = face.name || "Who?";
    const button = h(
      "button",
      { type: "button", class: "face-box", title: face.why, "aria-label": `${words}${face.why && `, ${face.why}`}`, onclick: () => this.open(face) },
      h("span", {}, words),
    );
    for (const kind of ["pointerdown", "pointerup"]) button.addEventListener(kind, (event) => event.stopPropagation());
    Object.assign(button.style, { left, top, width: `calc(${right} - ${left})`, height: `calc(${bottom} - ${top})` });
    return button;
  }

  async open(face) {
    const { body } = await call(`${PEOPLE}/listing`);
    this.page.ask((more) => this.form(face, body?.person ?? [], more));
  }

  form(face, known, { host, onClose }) {
    const field = h("input", { id: "face-name", type: "text", value: face.name, maxLength: 100, autocomplete: "off", readOnly: !face.id });
    field.setAttribute("list", "face-names");
    const act = (words, done) => h("button", { type: "button", onclick: () => (leave(), done()) }, words);
    const faces = [face.key];
    const form = h(
      "form",
      { method: "dialog", onsubmit: (event) => (event.preventDefault(), leave(), this.name(face, known, field.value.trim())) },
      h("h2", { id: "face-title" }, "Who is this?"),
      face.why && h("p", { class: "quiet" }, face.why),
      h("label", { for: "face-name" }, "Name"),
      field,
      h("datalist", { id: "face-names" }, ...known.map(({ name }) => h("option", { value: name }))),
      h(
        "div",
        { class: "answers" },
        act("Cancel", () => {}),
        face.id && act("All photos", () => this.page.search(`who:"${(face.name || face.id).replaceAll('"', "")}"`)),
        face.name && act(`Not ${face.name}`, () => this.say({ do: "not", id: face.id, faces })),
        face.id && act("Not a face", () => this.say({ do: "no face", faces })),
        face.id && h("button", { type: "submit", class: "strong" }, "Save"),
      ),
    );
    const dialog = h("dialog", { class: "ask", "aria-labelledby": "face-title", oncancel: () => leave(), onclose: () => leave() }, form);
    const leave = () => {
      if (!dialog.isConnected) return;
      dialog.remove();
      onClose();
    };
    host.append(dialog);
    dialog.showModal();
    field.focus();
    return { close: leave };
  }

  /** Everybody who looks like an unnamed face gets the name; of a named person only this face goes elsewhere. */
  async name(face, known, name) {
    if (!name || name === face.name) return;
    const other = known.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (!face.name) await this.say(other ? { do: "join", ids: [other.id, face.id] } : { do: "name", id: face.id, name });
    else if (other) await this.say({ do: "split", faces: [face.key], to: other.id });
    else {
      const { body } = await call(`${PEOPLE}/do`, { do: "split", faces: [face.key] });
      if (body?.id) await this.say({ do: "name", id: body.id, name });
    }
  }

  async say(said) {
    const { status, body } = await call(`${PEOPLE}/do`, said);
    const words = body?.message || body?.notices?.join(" ") || (status === 200 ? "Kept" : "That could not be kept");
    this.page.say(words);
    await this.show(this.digest, true);
  }
}
