// A page of an event to print: which paper, how many photos, and the file to download.

import { count, h } from "../darkroom/dom.js";
import { _ } from "../darkroom/language.js";

const PAPERS = {
  [_("A4 upright")]: ["A4", false],
  [_("A4 wide")]: ["A4", true],
  [_("A3 upright")]: ["A3", false],
  [_("A3 wide")]: ["A3", true],
};
const NUMBERS = [4, 6, 9, 12, 16, 20, 24];
const USUAL = 12;

/** The form; `print(how)` makes the page and answers { download, photos, left }, or null. */
export function sheet(print) {
  const paper = choice(Object.keys(PAPERS));
  const photos = choice(NUMBERS, USUAL);
  const kind = choice(["PDF", "PNG"]);
  const make = h("button", { type: "submit", class: "strong" }, _("Make the page"));
  const done = h("p", { role: "status" });
  const submit = async (event) => {
    event.preventDefault();
    const [size, landscape] = PAPERS[paper.value];
    make.disabled = true;
    done.textContent = _("Making the page…");
    const made = await print({ paper: size, landscape, photos: Number(photos.value), kind: kind.value.toLowerCase() });
    make.disabled = false;
    done.textContent = "";
    if (!made) return;
    const left = made.left > 0 && " " + _("{photos} could not be shown.", { photos: count(made.left, "photo") });
    done.append(...[h("a", { href: made.download, download: "" }, _("Download the page of {photos}", { photos: count(made.photos, "photo") })), left].filter(Boolean));
  };
  return h(
    "form",
    { class: "sheet", hidden: true, "aria-label": _("Page to print"), onsubmit: submit },
    h("label", {}, _("Paper"), paper),
    h("label", {}, _("Photos"), photos),
    h("label", {}, _("File"), kind),
    make,
    done,
    h("p", { class: "quiet" }, _("The best photos, at 300 dpi. No head is cut. The page is deleted later, as other results are.")),
  );
}

function choice(values, usual) {
  return h("select", {}, ...values.map((value) => h("option", { selected: value === usual }, String(value))));
}
