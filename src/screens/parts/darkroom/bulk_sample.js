// What a sample drawn by chance says about the rest; numbers and words only, no page.

import { count } from "./dom.js";
import { _, ngettext } from "./language.js";

const DOUBT = 0.05; // 95 % confidence

/** So many of them, each equally likely. */
export function draw(all, number) {
  const left = [...all];
  const drawn = [];
  while (drawn.length < number && left.length) drawn.push(...left.splice(below(left.length), 1));
  return drawn;
}

function below(limit) {
  const most = Math.floor(2 ** 32 / limit) * limit; // beyond it some numbers would be likelier than others
  for (;;) {
    const [value] = crypto.getRandomValues(new Uint32Array(1));
    if (value < most) return value % limit;
  }
}

/** The largest share of wrong ones that still gives k or fewer in n with 5 % chance (Clopper and Pearson). */
export function upperBound(n, k) {
  if (!n || k >= n) return 1;
  let [low, high] = [k / n, 1];
  for (let step = 0; step < 60; step += 1) {
    const share = (low + high) / 2;
    if (atMost(n, k, share) > DOUBT) low = share;
    else high = share;
  }
  return high;
}

function atMost(n, k, share) {
  let term = (1 - share) ** n;
  let sum = term;
  for (let i = 1; i <= k; i += 1) {
    term *= ((n - i + 1) / i) * (share / (1 - share));
    sum += term;
  }
  return sum;
}

/** What was looked at, in a person's words; n were shown, k of them were wrong. */
export function seen(n, k) {
  if (!k) return ngettext("{n} shown, it looked right to you.", "{n} shown, all looked right to you.", n);
  return ngettext(
    "{shown} shown, {n} looked wrong to you and stays open.",
    "{shown} shown, {n} looked wrong to you and stay open.",
    k,
    { shown: n },
  );
}

/** The figures, for a sample of n with k wrong ones, drawn from the `all` groups that set photos aside. */
export function bound(n, k, all) {
  if (n >= all) return _("You looked at every group that sets photos aside.");
  const percent = Math.round(upperBound(n, k) * 100);
  return _("From {n} of {groups}, drawn at random, with 95 % confidence: at most {percent} % are wrong.", { n, groups: count(all, "group"), percent });
}
