// The pieces the bulk dialog shows. An "outcome" is {group, aside, stays}: what would become of a group's photos.

import { count, h, size } from "./dom.js";
import { sure } from "./groups.js";
import { _, ngettext, number } from "./language.js";

export function button(words, act, style) {
  return h("button", { class: style, onclick: act }, words);
}

/** Choices of groups, by kind; mark(chosen) presses the one that is chosen. */
export function shortcuts(all, take) {
  const kinds = [[_("All identical"), all.filter(({ group }) => group.lane === "identical")]];
  for (const percent of [99, 95, 90]) {
    const chosen = all.filter(({ group }) => sure(group, percent / 100));
    kinds.push([_("Confidence at least {percent} %", { percent }), chosen]);
  }
  kinds.push([_("All"), all]);
  const some = kinds.filter(([, chosen]) => chosen.length);
  const row = some.map(([words, chosen]) => button(`${words} (${number(chosen.length)})`, () => take(chosen)));
  const same = (a, b) => a.length === b.length && a.every((one, i) => one === b[i]);
  const mark = (now) => row.forEach((one, i) => one.setAttribute("aria-pressed", String(same(some[i][1], now))));
  return { row: h("div", { class: "bulk-buttons" }, row), mark };
}

export function sums(chosen) {
  const aside = chosen.flatMap((one) => one.aside);
  const bytes = aside.reduce((sum, photo) => sum + photo.size, 0);
  const whole = chosen.filter((one) => !one.aside.length).length;
  const more = whole ? ngettext("{n:,} of them keeps all photos.", "{n:,} of them keep all photos.", whole) : "";
  const told = { groups: count(chosen.length, "group"), photos: count(aside.length, "photo"), size: size(bytes) };
  return [h("b", {}, _("{groups}: {photos} would be set aside, {size}.", told)), h("span", {}, more)];
}

/** The figures, for those who ask. */
export function howSure(...children) {
  return h("details", { class: "bulk-sure" }, h("summary", {}, _("How sure is this?")), ...children);
}

export function lowest(chosen) {
  const least = chosen.reduce((low, { group }) => Math.min(low, group.certainty), 1);
  return _("Lowest confidence among these groups: {percent} %.", { percent: Math.floor(least * 100) });
}

export function role(one, photo) {
  if (one.aside.includes(photo)) return _("✕ Would be set aside");
  return photo === one.stays[0] ? _("✓ Stays") : _("✓ Also stays");
}

export function picture(urls, one, photo) {
  if (!photo) return h("figure", { class: "bulk-nothing" }, _("Nothing would be set aside"));
  const address = urls.thumb(photo);
  return h(
    "figure",
    {},
    h("div", { class: "bulk-role" }, role(one, photo)),
    h("div", { class: "bulk-image" }, address ? h("img", { alt: "", src: address, onerror: missing }) : _("No picture")),
    h("figcaption", { title: photo.name }, photo.name),
    h("div", { class: "bulk-facts" }, `${photo.width} × ${photo.height} · ${photo.format} · ${size(photo.size)}`),
  );
}

export function strip(urls, one, show) {
  const others = one.group.photos.filter((photo) => photo !== one.stays[0]);
  if (others.length < 2) return "";
  const small = others.map((photo) => {
    const label = `${role(one, photo)}: ${photo.name}`;
    const address = urls.thumb(photo);
    const image = address && h("img", { alt: "", src: address, onerror: (event) => event.target.remove() });
    const mark = h("span", {}, one.aside.includes(photo) ? "✕" : "✓");
    const act = { "aria-label": label, title: label, onclick: () => show(photo) };
    return h("button", act, image || "", mark);
  });
  return h("div", { class: "bulk-strip", role: "group", "aria-label": _("The other photos of the group") }, small);
}

/** Every file of one group that would be set aside; off the screen it costs nothing but its height. */
export function section(one, place) {
  if (!one.aside.length) return "";
  const [best] = one.stays;
  const bytes = one.aside.reduce((sum, photo) => sum + photo.size, 0);
  const style = `contain-intrinsic-size: auto ${44 + 28 * one.aside.length}px`;
  return h(
    "section",
    { style },
    h("h3", {}, _("Group {place:,} · {photos} · {size}", { place: place + 1, photos: count(one.aside.length, "photo"), size: size(bytes) })),
    h("p", {}, best ? _("in favour of {name}", { name: best.name }) : _("no photo of this group will be kept")),
    h(
      "ul",
      {},
      one.aside.map((photo) => h("li", {}, h("span", {}, photo.name), h("span", {}, size(photo.size)))),
    ),
  );
}

function missing(event) {
  event.target.replaceWith(_("No picture"));
}
