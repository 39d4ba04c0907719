// Gestures on a picture: one finger or the mouse drags, two pinch, the wheel zooms, a double tap or a swipe is told.

const TWICE = 350; // milliseconds between the taps of a double tap
const STILL = 8; // pixels a finger may wander in a tap
const SWIPE = 60; // pixels that make a drag a swipe

export class Fingers {
  /** `on`: pan(dx, dy), zoom(factor, point), twice(point), swipe(step), and perhaps down() and hover(point, event). */
  constructor(element, on) {
    Object.assign(this, { element, on, held: new Map() });
    const listen = (type, act) => element.addEventListener(type, act);
    listen("pointerdown", (event) => this.down(event));
    listen("pointermove", (event) => this.move(event));
    listen("pointerup", (event) => this.up(event));
    listen("pointercancel", (event) => this.up(event));
    listen("wheel", (event) => this.wheel(event));
  }

  /** Where nobody presses any more, as another picture is shown. */
  clear() {
    this.held.clear();
  }

  at(event) {
    const { left, top } = this.element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  wheel(event) {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode ? 30 : 1);
    const pace = event.ctrlKey ? 0.01 : 0.002; // with ctrl: two fingers on a touchpad, in small steps
    this.on.zoom(Math.exp(-pixels * pace), this.at(event));
  }

  down(event) {
    if (event.button) return;
    this.element.setPointerCapture(event.pointerId);
    this.held.set(event.pointerId, this.at(event));
    this.start = this.held.size === 1 ? this.at(event) : null; // null: two fingers are never a tap
    this.on.down?.();
  }

  move(event) {
    const [point, before] = [this.at(event), this.held.get(event.pointerId)];
    if (this.on.hover?.(point, event) || !before) return;
    const part = 1 / this.held.size;
    this.on.pan((point.x - before.x) * part, (point.y - before.y) * part);
    const other = [...this.held].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const middle = { x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 };
      this.on.zoom(apart(point, other) / Math.max(apart(before, other), 1), middle);
    }
    this.held.set(event.pointerId, point);
  }

  up(event) {
    if (!this.held.delete(event.pointerId) || event.type === "pointercancel" || !this.start) return;
    const point = this.at(event);
    const [dx, dy] = [point.x - this.start.x, point.y - this.start.y];
    if (apart(point, this.start) <= STILL) {
      const twice = event.timeStamp - (this.tapped ?? -TWICE) < TWICE;
      this.tapped = twice ? undefined : event.timeStamp;
      if (twice) this.on.twice(point);
    } else if (Math.abs(dx) > SWIPE && Math.abs(dx) > 2 * Math.abs(dy)) this.on.swipe(dx < 0 ? 1 : -1, event);
  }
}

function apart(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
