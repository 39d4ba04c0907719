// Where the photos of a group differ, and which is better there.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { _ } from "./language.js";

export function factsTable(photos) {
  const rows = photos[0].facts.map(([label, , , better], at) => ({
    label,
    cells: photos.map((photo) => photo.facts[at][1]),
    best: bestOf(
      photos.map((photo) => photo.facts[at][2]),
      better,
    ),
    differs: photos.length === 1 || photos.some((photo) => photo.facts[at][1] !== photos[0].facts[at][1]),
  }));
  const [different, alike] = [rows.filter((row) => row.differs), rows.filter((row) => !row.differs)];
  return [
    table(photos, [...names(photos), ...different]),
    !different.length && h("p", { class: "quiet" }, _("No differences in these details.")),
    alike.length > 0 &&
      h(
        "details",
        {},
        h("summary", {}, _("Same for all ({n})", { n: alike.length })),
        h(
          "dl",
          {},
          ...alike.map(({ label, cells }) =>
            h("div", {}, h("dt", {}, label), h("dd", {}, cells[0] || _("not known"))),
          ),
        ),
      ),
  ];
}

/** What a photo is called and where it lies come first. */
function names(photos) {
  const parts = photos.map(({ name }) => [name.slice(name.lastIndexOf("/") + 1), name.slice(0, name.lastIndexOf("/") + 1)]);
  return [_("Name"), _("Folder")].map((label, at) => ({
    label,
    cells: parts.map((part) => part[at].replace(/\/$/, "")),
    best: photos.map(() => false),
    differs: new Set(parts.map((part) => part[at])).size > 1,
  }));
}

/** A narrow column breaks a name before its ending. */
function broken(name) {
  const at = Math.max(name.lastIndexOf("."), 1);
  return [name.slice(0, at), h("wbr"), name.slice(at)];
}

/** Which numbers are the best; none if they are all the same or cannot be told apart. */
export function bestOf(numbers, better) {
  const known = numbers.filter((number) => typeof number === "number");
  const [least, most] = [Math.min(...known), Math.max(...known)];
  if (!better || least === most) return numbers.map(() => false);
  return numbers.map((number) => number === (better > 0 ? most : least));
}

/** The column of the photo that is shown large. */
export function markColumn(place, index) {
  for (const cell of place.querySelectorAll(".shown")) cell.classList.remove("shown");
  for (const cell of place.querySelectorAll(`tr > :nth-child(${index + 2})`)) cell.classList.add("shown");
}

function table(photos, rows) {
  const head = photos.map((photo, at) =>
    h("th", { scope: "col", title: photo.name }, h("span", { class: "hidden" }, _("Photo"), " "), String(at + 1)),
  );
  const line = ({ label, cells, best, differs }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, label, differs && h("span", { class: "hidden" }, _(", differs"))),
      ...cells.map((words, at) =>
        h(
          "td",
          { class: best[at] && "best" },
          label === _("Name") ? broken(words) : words || "–",
          best[at] && h("span", { class: "tag" }, icon("check"), h("span", { class: "hidden" }, _("best"))),
        ),
      ),
    );
  return h(
    "table",
    { style: `--photos: ${photos.length}` },
    h(
      "caption",
      {},
      photos.length === 1 ? _("Details") : _("Differences"), " ",
      h("span", { class: "tag", "aria-hidden": "true" }, icon("check"), _("best")),
    ),
    h("thead", {}, h("tr", {}, h("td", {}), ...head)),
    h("tbody", {}, ...rows.map(line)),
  );
}
