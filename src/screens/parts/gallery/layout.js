// Where each photo lies in the grid, from the days and their numbers of photos alone; numbers only, no page.
//
// A photo is named by its position in the listing. Under the heading of each day lie its rows of square cells.

export const GAP = 4; // pixels between cells
export const HEAD = 48; // pixels of a heading: as high as a thumb needs
export const FOOT = 24; // pixels below the last row

export class Layout {
  /** days: [["2024-05-04", 12], ...]; cells are about as wide as wanted, and fill the width. */
  constructor(days, width, wanted) {
    this.days = days;
    this.columns = Math.max(2, Math.floor((width + GAP) / (wanted + GAP)));
    this.cell = Math.max(1, Math.floor((width - GAP * (this.columns - 1)) / this.columns));
    this.firsts = new Int32Array(days.length + 1); // the first photo of each day, and the number of all
    this.tops = new Float64Array(days.length + 1); // where each heading lies, and where the last row ends
    days.forEach(([, photos], day) => {
      this.firsts[day + 1] = this.firsts[day] + photos;
      this.tops[day + 1] = this.tops[day] + HEAD + Math.ceil(photos / this.columns) * this.pitch;
    });
    this.total = this.firsts[days.length];
    this.height = this.tops[days.length] + (this.total ? FOOT : 0);
  }

  /** From one row to the next. */
  get pitch() {
    return this.cell + GAP;
  }

  dayOf(photo) {
    return last(this.firsts, this.days.length, photo);
  }

  dayAt(y) {
    return last(this.tops, this.days.length, y);
  }

  /** The corner of a photo's cell. */
  corner(photo) {
    const day = this.dayOf(photo);
    const within = photo - this.firsts[day];
    const row = Math.floor(within / this.columns);
    return {
      x: (within % this.columns) * this.pitch,
      y: this.tops[day] + HEAD + row * this.pitch,
    };
  }

  /** Days and photos of which something lies between two heights: from the first on, without the last. */
  between(top, bottom) {
    if (!this.total) return { days: [0, 0], photos: [0, 0] };
    const [first, end] = [this.dayAt(top), this.dayAt(bottom)];
    const from = this.firsts[first] + this.rowsAbove(first, top) * this.columns;
    const to = this.firsts[end] + (this.rowsAbove(end, bottom) + 1) * this.columns;
    return {
      days: [first, end + 1],
      photos: [Math.min(from, this.firsts[first + 1]), Math.min(to, this.firsts[end + 1])],
    };
  }

  rowsAbove(day, y) {
    return Math.max(0, Math.floor((y - this.tops[day] - HEAD) / this.pitch));
  }

  /** The photo so many rows further down, or up, nearest to the same column. */
  rowsOn(photo, rows) {
    const step = Math.sign(rows);
    let at = photo;
    for (let n = 0; n < Math.abs(rows); n += 1) at = this.rowOn(at, step);
    return at;
  }

  rowOn(photo, step) {
    const day = this.dayOf(photo);
    const within = photo - this.firsts[day];
    const [row, column] = [Math.floor(within / this.columns), within % this.columns];
    const rows = this.rowsOf(day);
    if (row + step >= 0 && row + step < rows) return this.inRow(day, row + step, column);
    const other = day + step;
    if (other < 0 || other >= this.days.length) return photo;
    return this.inRow(other, step > 0 ? 0 : this.rowsOf(other) - 1, column);
  }

  rowsOf(day) {
    return Math.ceil((this.firsts[day + 1] - this.firsts[day]) / this.columns);
  }

  inRow(day, row, column) {
    return Math.min(this.firsts[day] + row * this.columns + column, this.firsts[day + 1] - 1);
  }

  /** What the scrubber writes: each year with the height of its first heading, at least so far apart. */
  years(apart = 0) {
    const found = [];
    let before = null;
    this.days.forEach(([day], at) => {
      const year = day.slice(0, 4);
      if (/^\D/.test(year)) return; // a heading of a search
      if (year !== before && (!found.length || this.tops[at] - found.at(-1).top >= apart))
        found.push({ year, top: this.tops[at] });
      before = year;
    });
    return found;
  }

  /** The first listed day of the next month (7 letters) or year (4), or of this or the one before; else the day itself. */
  turn(day, step, letters) {
    const part = (at) => this.days[at]?.[0].slice(0, letters);
    const begin = (at) => (at > 0 && part(at - 1) === part(at) ? begin(at - 1) : at);
    if (step < 0) return begin(day) < day || !day ? begin(day) : begin(day - 1);
    const next = this.days.findIndex((_, at) => at > day && part(at) !== part(day));
    return next < 0 ? day : next;
  }
}

/** The last place among the first `length` ascending values that is not above the value; at least 0. */
function last(values, length, value) {
  let [low, high] = [0, length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return Math.max(low, 0);
}
