// The faces in the photo that is large: a box for each with the name, to be named or corrected.

import { call } from "../darkroom/api.js";
import { asking, opened } from "../darkroom/dialog.js";
import { h } from "../darkroom/dom.js";
import { _ } from "../darkroom/language.js";

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
    if (!body?.length) this.page.say(body ? _("No face was found, or faces are not told apart") : _("The faces could not be fetched"));
    this.over.replaceChildren(...(body ?? []).map((face) => this.box(face)));
  }

  box(face) {
    const [left, top, right, bottom] = face.box.map((edge) => 100 * edge);
    const words = face.name || _("Who?");
    const held = (event) => event.stopPropagation(); // the photo is not dragged
    return h(
      "button",
      {
        class: "face-box",
        title: face.why,
        "aria-label": [words, face.why].filter(Boolean).join(", "),
        style: `left: ${left}%; top: ${top}%; width: ${right - left}%; height: ${bottom - top}%`,
        onclick: () => this.open(face),
        onpointerdown: held,
        onpointerup: held,
      },
      h("span", {}, words),
    );
  }

  async open(face) {
    const { body } = await call(`${PEOPLE}/listing`);
    this.page.ask((more) => this.form(face, body?.person ?? [], more));
  }

  form(face, known, { host, onClose }) {
    const { id, name, why } = face;
    const faces = [face.key];
    const field = h("input", { id: "face-name", type: "text", value: name, maxLength: 100, autocomplete: "off", readOnly: !id });
    field.setAttribute("list", "face-names");
    const onSubmit = (leave) => (leave(), this.name(face, known, field.value.trim()));
    const buttons = (act) => [
      act(_("Cancel"), () => {}),
      id && act(_("All photos"), () => this.page.search(`who:"${(name || id).replaceAll('"', "")}"`)),
      name && act(_("Not {name}", { name }), () => this.say({ do: "not", id, faces })),
      id && act(_("Not a face"), () => this.say({ do: _("no face"), faces })),
      id && h("button", { type: "submit", class: "strong" }, _("Save")),
    ];
    const dialog = asking({ title: _("Who is this?"), onSubmit, onClose }, (leave) => [
      why && h("p", { class: "quiet" }, why),
      h("label", { for: "face-name" }, _("Name")),
      field,
      h("datalist", { id: "face-names" }, ...known.map((one) => h("option", { value: one.name }))),
      h("div", { class: "answers" }, buttons((words, done) => h("button", { onclick: () => (leave(), done()) }, words))),
    ]);
    return opened(host, dialog); // its first field has the focus
  }

  /** Everybody who looks like an unnamed face gets the name; of a named person only this face goes elsewhere. */
  async name({ id, key, name: before }, known, name) {
    if (!name || name === before) return;
    const other = known.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (!before) return this.say(other ? { do: "join", ids: [other.id, id] } : { do: "name", id, name });
    const moved = await this.say({ do: "split", faces: [key], to: other?.id ?? "" });
    if (moved?.id && !other) await this.say({ do: "name", id: moved.id, name });
  }

  async say(said) {
    const { status, body } = await call(`${PEOPLE}/do`, said);
    this.page.say(body?.message || body?.notices?.join(" ") || (status === 200 ? _("Kept") : _("That could not be kept")));
    await this.show(this.digest, true);
    return body;
  }
}
