// Every person's face in all photos of a group, at one size: whose eyes are open where.

import { headed, opened } from "./dialog.js";
import { count, h } from "./dom.js";
import { icon } from "./icons.js";
import { _, lower } from "./language.js";
import { dress } from "./strip.js";

const ROOM = 1.5; // sides of a crop, in those of the face
const SHARP = 112; // pixels of a face in the thumbnail; of smaller ones the larger picture is shown
const THUMBNAIL = 640; // pixels of its long side
const EYES = {
  1: ["eye", _("Open")],
  "-1": ["asleep", _("Shut")],
  0: ["doubt", _("Can’t tell")],
};

/** `kept()`: ids of the photos that stay; `onToggle(index)` and `onShow(index)`: keep a photo or not, and show it. */
export function openFaces({ host, group, urls, kept, onToggle, onShow, onClose }) {
  const { photos, people } = group;
  const states = photos.map((_, index) =>
    h("button", { class: "state", onclick: () => (onToggle(index), mark()) }),
  );
  const mark = () => {
    const ids = kept();
    photos.forEach((photo, index) =>
      dress(states[index], photo, ids.has(photo.id), _("Keep photo {index}: {name}", { index: index + 1, name: photo.name })),
    );
  };
  const show = (index) => (dialog.close(), onShow(index));
  const cell = (face, index, person) =>
    h("td", {}, face ? button(face, index, person) : h("span", { class: "quiet" }, _("Not seen")));
  const button = (face, index, person) => {
    const [sign, words] = EYES[face.eyes];
    const name = _("Person {person} in photo {index}, eyes: {eyes}. Show the photo", { person: person + 1, index: index + 1, eyes: lower(words) });
    return h(
      "button",
      { class: `face eyes${face.eyes}`, "aria-label": name, onclick: () => show(index) },
      h("span", { class: "crop" }, crop(photos[index], face.box, urls)),
      h("span", { class: "awake" }, icon(sign), words),
    );
  };
  const head = photos.map((photo, index) =>
    h("th", { scope: "col", title: photo.name }, h("span", {}, _("Photo {index}", { index: index + 1 })), states[index]),
  );
  const rows = people.map((row, person) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, h("span", {}, _("Person"), " "), String(person + 1)),
      ...row.map((face, index) => cell(face, index, person)),
    ),
  );
  const title = _("Faces of {people}", { people: count(people.length, "person", "people") });
  const dialog = headed(
    { name: "faces", title, onClose },
    h(
      "div",
      { class: "by-person", tabIndex: 0, role: "region", "aria-label": _("Faces by person and photo") },
      h("table", {}, h("thead", {}, h("tr", {}, h("td"), ...head)), h("tbody", {}, ...rows)),
    ),
  );
  dialog.addEventListener("keydown", (event) => {
    const { key, altKey, ctrlKey, metaKey } = event;
    if (key.toLowerCase() !== "e" || altKey || ctrlKey || metaKey) return;
    event.preventDefault();
    dialog.close();
  });
  mark();
  return opened(host, dialog);
}

/** The part of a photo around a face, as a square that fills its place. */
function crop(photo, [left, top, right, bottom], urls) {
  const side = Math.max((right - left) * photo.width, (bottom - top) * photo.height) * ROOM;
  const start = [((left + right) / 2) * photo.width - side / 2, ((top + bottom) / 2) * photo.height - side / 2];
  const scale = THUMBNAIL / Math.max(photo.width, photo.height);
  const large = side * Math.min(scale, 1) < SHARP * ROOM;
  const src = large || !photo.digest ? urls.view(photo) : urls.thumb(photo);
  const percent = (pixels) => `${(100 * pixels) / side}%`;
  const place = { left: percent(-start[0]), top: percent(-start[1]), width: percent(photo.width) };
  const img = h("img", { src, alt: "", loading: "lazy", draggable: false });
  Object.assign(img.style, place);
  return img;
}
