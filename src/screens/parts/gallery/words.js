// Days and photos in words.

import { count } from "../darkroom/dom.js";

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];
export const UNDATED = "No date";

/** "2024-05-04" as "4 May 2024". */
export function shortDay(day) {
  if (day && !/^\d/.test(day)) return day; // a heading of a search
  const [year, month, date] = day.split("-").map(Number);
  return day ? `${date} ${MONTHS[month - 1]} ${year}` : UNDATED;
}

/** "2024-05-04" as "Saturday, 4 May 2024". */
export function longDay(day) {
  const weekday = WEEKDAYS[new Date(`${day}T00:00:00Z`).getUTCDay()];
  return weekday ? `${weekday}, ${shortDay(day)}` : shortDay(day);
}

/** "2024-05-04" as "May 2024". */
export function monthOf(day) {
  return day ? shortDay(day).replace(/^\d+ /, "") : UNDATED;
}

export function nameOf(photo) {
  return photo.name.slice(photo.name.lastIndexOf("/") + 1);
}

/** For ears: what a photo is called, when it was taken, and what is special about it. */
export function label(photo) {
  const day = photo.taken ? shortDay(photo.taken.slice(0, 10)) : UNDATED.toLowerCase();
  const more = photo.more > 0 && `${photo.more} more like it`;
  return [nameOf(photo), day, ...photo.kind, photo.favourite && "favourite", more, photo.why].filter(Boolean).join(", ");
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
