// Where the person is, and what is ticked.

export class Selection {
  at = ""; // the group that is shown, or was last
  inGroup = false;
  following = undefined; // the group after it, shown if this one goes
  moves = 0; // counts what the person opened: an answer that comes later must not tear them away
  ticked = new Set(); // groups ticked in the list

  /** `again`: the group is only shown anew. */
  open(at, following, again) {
    Object.assign(this, { at, following, inGroup: true, moves: this.moves + (again ? 0 : 1) });
  }

  leave() {
    Object.assign(this, { inGroup: false, moves: this.moves + 1 });
  }
}
