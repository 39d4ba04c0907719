// Days and photos in words.

import { count } from "../darkroom/dom.js";
import { TAG, _, lower } from "../darkroom/language.js";

export const UNDATED = _("No date");

const written = (form) => new Intl.DateTimeFormat(TAG, { timeZone: "UTC", ...form });
const DAY = written({ day: "numeric", month: "long", year: "numeric" });
const WEEKDAY = written({ weekday: "long" });
const MONTH = written({ month: "long", year: "numeric" });

/** "2024-05-04" as "4 May 2024". */
export function shortDay(day) {
  if (day && !/^\d/.test(day)) return day; // a heading of a search
  return day ? DAY.format(at(day)) : UNDATED;
}

/** "2024-05-04" as "Saturday, 4 May 2024". */
export function longDay(day) {
  const dated = day && /^\d/.test(day);
  return dated ? `${WEEKDAY.format(at(day))}, ${DAY.format(at(day))}` : shortDay(day);
}

/** "2024-05-04" as "May 2024". */
export function monthOf(day) {
  return day && /^\d/.test(day) ? MONTH.format(at(day)) : shortDay(day);
}

function at(day) {
  return new Date(`${day}T00:00:00Z`);
}

export function nameOf(photo) {
  return photo.name.slice(photo.name.lastIndexOf("/") + 1);
}

/** For ears: what a photo is called, when it was taken, and what is special about it. */
export function label(photo) {
  const day = photo.taken ? shortDay(photo.taken.slice(0, 10)) : lower(UNDATED);
  const more = photo.more > 0 && _("{more} more like it", { more: photo.more });
  return [nameOf(photo), day, ...photo.kind, photo.favourite && _("favourite"), more, photo.why].filter(Boolean).join(", ");
}

export function photos(number) {
  return count(number, "photo");
}

/** A time in a film: 0:41, 1:02:07. */
export function clock(seconds) {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, String(whole % 60).padStart(2, "0")];
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
