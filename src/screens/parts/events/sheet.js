// A page of an event to print: which paper, how many photos, and the file to download.

import { count, h } from "../darkroom/dom.js";

const PAPERS = { "A4 upright": ["A4", false], "A4 wide": ["A4", true], "A3 upright": ["A3", false], "A3 wide": ["A3", true] };
const NUMBERS = [4, 6, 9, 12, 16, 20, 24];
const USUAL = 12;

/** The form; `print(how)` makes the page and answers { download, photos, left }, or null. */
export function sheet(print) {
  const paper = choice(Object.keys(PAPERS));
  const photos = choice(NUMBERS, USUAL);
  const kind = choice(["PDF", "PNG"]);
  const make = h("button", { type: "submit", class: "strong" }, "Make the page");
  const done = h("p", { role: "status" });
  const submit = async (event) => {
    event.preventDefault();
    const [size, landscape] = PAPERS[paper.value];
    make.disabled = true;
    done.textContent = "Making the page…";
    const made = await print({ paper: size, landscape, photos: Number(photos.value), kind: kind.value.toLowerCase() });
    make.disabled = false;
    done.textContent = "";
    if (!made) return;
    const left = made.left > 0 && ` ${count(made.left, "photo")} could not be shown.`;
    done.append(...[h("a", { href: made.download, download: "" }, `Download the page of ${count(made.photos, "photo")}`), left].filter(Boolean));
  };
  return h(
    "form",
    { class: "sheet", hidden: true, "aria-label": "Page to print", onsubmit: submit },
    h("label", {}, "Paper", paper),
    h("label", {}, "Photos", photos),
    h("label", {}, "File", kind),
    make,
    done,
    h("p", { class: "quiet" }, "The best photos, at 300 dpi. No head is cut. The page is deleted later, as other results are."),
  );
}

function choice(values, usual) {
  return h("select", {}, ...values.map((value) => h("option", { selected: value === usual }, String(value))));
}
