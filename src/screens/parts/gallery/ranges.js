// Which photos are selected: ascending ranges of positions [from, to), none touching another. Nothing here changes one.

export function has(ranges, at) {
  return ranges.some(([from, to]) => at >= from && at < to);
}

export function count(ranges) {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0);
}

/** Whether all of [from, to) is selected. */
export function covers(ranges, from, to) {
  return ranges.some(([a, b]) => a <= from && b >= to);
}

export function added(ranges, from, to) {
  if (from >= to) return ranges;
  const apart = ranges.filter(([a, b]) => b < from || a > to);
  const touching = ranges.filter(([a, b]) => b >= from && a <= to);
  const joined = [
    Math.min(from, ...touching.map(([a]) => a)),
    Math.max(to, ...touching.map(([, b]) => b)),
  ];
  return [...apart, joined].sort(([a], [b]) => a - b);
}

export function removed(ranges, from, to) {
  if (from >= to) return ranges;
  return ranges.flatMap(([a, b]) => {
    if (b <= from || a >= to) return [[a, b]];
    return [
      [a, from],
      [to, b],
    ].filter(([start, end]) => start < end);
  });
}
