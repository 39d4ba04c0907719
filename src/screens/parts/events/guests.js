// Links by which guests find photos of themselves in an event: to make one, to see what was done by it, and to end it.

import { count, h } from "../darkroom/dom.js";
import { LANGUAGE, _ } from "../darkroom/language.js";

const DAYS = [1, 7, 30, 60];
const USUAL = 7;

/** The form; `ask(what)` sends what the host wants and answers { address, links }, or null. */
export function guests(ask) {
  const days = h("select", {}, ...DAYS.map((number) => h("option", { value: number, selected: number === USUAL }, count(number, "day"))));
  const pin = h("input", { type: "text", minLength: 6, maxLength: 40, autocomplete: "off", placeholder: _("None"), onkeydown: (pressed) => pressed.stopPropagation() });
  const made = h("p", { role: "status" });
  const list = h("ul", { class: "links" });
  const send = async (what) => {
    const answer = await ask(what);
    if (answer) list.replaceChildren(...answer.links.map(line));
    return answer?.address;
  };
  const line = ({ id, photos, until, pin: asked, uses }) => {
    const told = { photos: count(photos, "photo"), day: date(until) };
    return h(
      "li",
      {},
      (asked ? _("{photos}, until {day}, with a PIN", told) : _("{photos}, until {day}", told)) + " ",
      h("button", { class: "plain", onclick: () => send({ do: "end", link: id }) }, _("End this link")),
      uses.length > 0 && h("details", {}, h("summary", {}, count(uses.length, "use")), h("ul", {}, ...uses.map(([at, words]) => h("li", {}, `${date(at)}: ${words}`)))),
    );
  };
  const submit = async (event) => {
    event.preventDefault();
    const address = await send({ do: "make", days: Number(days.value), pin: pin.value });
    if (!address) return;
    const field = h("input", { type: "text", readOnly: true, value: location.origin + address, "aria-label": _("The new link"), onfocus: () => field.select() });
    made.replaceChildren(_("Copy this link now. It is not shown again."), " ", field);
    field.focus();
  };
  const form = h(
    "form",
    { class: "sheet", hidden: true, "aria-label": _("Links for guests"), onsubmit: submit },
    h("label", {}, _("Valid for"), days),
    h("label", {}, _("PIN, 6 characters or more"), pin),
    h("button", { type: "submit", class: "strong" }, _("Make a link")),
    made,
    list,
    h("p", { class: "quiet" }, _("Whoever has the link can find the photos of this event that show the face in a picture of theirs, and download them. They see no names, no places and no other photos.")),
  );
  return Object.assign(form, { opened: () => send({ do: "list" }) });
}

function date(seconds) {
  return new Date(seconds * 1000).toLocaleString(LANGUAGE, { dateStyle: "medium", timeStyle: "short" });
}
