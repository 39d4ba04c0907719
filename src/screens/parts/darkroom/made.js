// A picture made of the group's photos, beside the one it is made from: the person accepts it, or does not.

import { call } from "./api.js";
import { headed, opened } from "./dialog.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { _ } from "./language.js";

const LONG = 300000; // milliseconds: a merge of large frames takes minutes on a small machine
const WORDS = {
  hdr: ["HDR", _("Merged from several exposures"), _("Making the HDR merge. This takes some seconds…")],
  composite: [_("Open eyes (experimental)"), _("Composite of 2 photos"), _("Looking for open eyes. This takes some seconds…")],
};

/** `say(words)`: what became of it. */
export function openMade({ host, group, kind, urls, say, onClose }) {
  const [title, badge, wait] = WORDS[kind];
  const url = urls.made(group, kind);
  const button = (sign, words, does, type = "") =>
    h("button", { class: type, onclick: does }, icon(sign), words);
  const body = h("div", { class: "made-body", "aria-live": "polite" }, h("p", { role: "status" }, wait));
  const dialog = headed({ name: "faces made", title, onClose }, body);
  const settle = async (accept) => {
    const answer = await call("/unipic/made", { token: urls.token, group: group.id, kind, accept });
    if (answer.status !== 200) return say(answer.body?.message ?? _("The server did not answer. Try again."));
    dialog.close();
    say(accept ? _("Accepted: it goes into the folder tree, beside the originals") : _("Not kept. The originals are as they were"));
  };
  const show = (made) => {
    const before = group.photos.find((photo) => photo.id === made.before);
    const names = made.facts.sources.map((name) => name.split("/").at(-1)).join(", ");
    body.replaceChildren(
      slider(before ? urls.view(before) : "", `${url}/picture`, badge),
      h("p", { class: "quiet" }, [made.facts.words, made.facts.note, _("From {names}.", { names })].filter(Boolean).join(". ")),
      h("p", { hidden: !made.accepted }, _("Accepted before.")),
      h(
        "div",
        { class: "actions" },
        button("check", _("Accept"), () => settle(true), "strong"),
        button("cross", made.accepted ? _("Take back") : _("No"), () => settle(false)),
      ),
    );
  };
  call(url, null, LONG).then(({ status, body: answer }) => {
    if (status === 200 && answer && !answer.why) return dialog.open && show(answer);
    const why = answer?.why ?? answer?.message ?? _("The server did not answer. Try again.");
    body.replaceChildren(h("p", { role: "status" }, why));
  });
  return opened(host, dialog);
}

/** Two pictures on each other, of which a slider shows more or less. */
function slider(before, after, badge) {
  const picture = (src, words) => h("img", { src, alt: words, draggable: false });
  const over = h("div", { class: "over" }, picture(after, _("After")));
  const range = h("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": _("Before, or after") });
  const move = () => (over.style.clipPath = `inset(0 0 0 ${range.value}%)`);
  range.addEventListener("input", move);
  move();
  return h(
    "figure",
    {},
    h("div", { class: "both" }, picture(before, _("Before")), over, h("p", { class: "badge" }, badge)),
    h("div", { class: "range" }, h("span", {}, _("Before")), range, h("span", {}, _("After"))),
  );
}
