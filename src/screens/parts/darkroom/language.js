// Texts, numbers and dates in the person's language. Messages are English; unipic/locale has their translations.

import { LANGUAGE, TEXTS } from "./texts.js";

export { LANGUAGE };

const NUMBERS = new Intl.NumberFormat(LANGUAGE);
const PLURALS = new Intl.PluralRules(LANGUAGE);
export const TAG = LANGUAGE === "en" ? "en-GB" : LANGUAGE; // of dates, which begin with the day

/** A message with its values by name: _("{name} is kept", { name }). */
export function _(message, values) {
  return filled(TEXTS[message] || message, values);
}

/** The form of a message that a number asks for; it is {n} in the text, or {n:,} with its thousands apart. */
export function ngettext(one, many, n, values) {
  const forms = TEXTS[one]?.[0] ? TEXTS[one] : [one, many];
  return filled(PLURALS.select(n) === "one" ? forms[0] : forms[1], { n, ...values });
}

/** A number with its noun: 1 photo, 2 photos. */
export function count(number, one, many = `${one}s`) {
  return ngettext(`{n:,} ${one}`, `{n:,} ${many}`, number);
}

export function number(value, digits) {
  if (digits === undefined) return NUMBERS.format(value);
  return value.toLocaleString(LANGUAGE, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Words of a heading in the middle of a sentence; German nouns keep their capitals. */
export function lower(words) {
  return LANGUAGE === "de" ? words : words.toLowerCase();
}

function filled(text, values) {
  if (!values) return text;
  return text.replace(/\{(\w+)(:,)?\}/g, (all, name, apart) =>
    name in values ? (apart ? number(values[name]) : String(values[name])) : all,
  );
}
