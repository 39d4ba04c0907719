// What is pressed on the cells of the grid: with a mouse, and with a finger that rests.

const LONG = 450; // milliseconds after which a finger selects
const STILL = 10; // pixels it may wander meanwhile

export class Pressing {
  /** view.onOpen(position), onPick(position, { range, toggle }) are told; store says whether some are selected. */
  constructor(layer, store, view) {
    Object.assign(this, { layer, store, view });
    const on = (type, act) => layer.addEventListener(type, act);
    on("click", (event) => this.click(event));
    on("dblclick", (event) => this.store.selected && this.open(event));
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.wander(event));
    for (const type of ["pointerup", "pointercancel", "pointerleave"]) on(type, () => clearTimeout(this.timer));
    on("contextmenu", (event) => this.finger && event.preventDefault());
  }

  at(event) {
    return event.target.closest(".cell")?.cell.position;
  }

  click(event) {
    const position = this.at(event);
    if (position === undefined || this.rested) return;
    const ticked = event.target.closest(".tick");
    if (event.shiftKey) this.view.onPick(position, { range: true });
    else if (ticked || event.ctrlKey || event.metaKey || this.store.selected) this.view.onPick(position, {});
    else this.view.onOpen(position);
  }

  open(event) {
    const position = this.at(event);
    if (position !== undefined && !event.target.closest(".tick")) this.view.onOpen(position);
  }

  down(event) {
    clearTimeout(this.timer);
    this.rested = false;
    this.finger = event.pointerType !== "mouse";
    this.from = event;
    const position = this.at(event);
    if (!this.finger || position === undefined) return;
    this.timer = setTimeout(() => {
      this.rested = true;
      this.view.onPick(position, {});
      navigator.vibrate?.(15);
    }, LONG);
  }

  wander(event) {
    if (Math.hypot(event.clientX - this.from?.clientX, event.clientY - this.from?.clientY) > STILL)
      clearTimeout(this.timer);
  }
}
