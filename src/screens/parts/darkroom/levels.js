// What is open above what, in the browser's history: Back closes the topmost, and a reload opens all of it again.
//
// A level is a small object that says what is open, such as { group } or { dialog }. An entry of the history holds
// the levels that are open at it, from the lowest: a page with nothing open has none.

const SETTLED = 400; // milliseconds until a change within a level is noted: browsers allow only so many a second

export class Levels {
  /** `name` tells this page's entries from others'. onLevels(levels) is told when the person goes back or forward. */
  constructor(name, onLevels) {
    Object.assign(this, { name, onLevels, path: location.pathname, leave: new AbortController() });
    this.wanted = this.here ?? [];
    const { signal } = this.leave;
    // Before Streamlit, which draws its page anew when one goes back.
    window.addEventListener("popstate", (event) => this.popped(event), { capture: true, signal });
    window.addEventListener("beforeunload", () => this.settle(), { signal });
  }

  /** The levels of this entry; null if nobody has noted any. */
  get here() {
    return this.of(history.state);
  }

  of(state) {
    return state?.unipic?.name === this.name ? state.unipic.levels : null;
  }

  /** The levels that are open now. */
  show(levels) {
    this.wanted = levels;
    if (!this.travelling && this.present) this.follow();
  }

  /** Whether this page is the one that the person is at. */
  get present() {
    return !this.leave.signal.aborted && location.pathname === this.path;
  }

  /** The history comes to what is wanted: further entries, or back to an earlier one. */
  follow() {
    const { wanted } = this;
    const depth = this.here?.length ?? 0;
    if (depth > wanted.length) {
      clearTimeout(this.settling);
      this.travelling = true; // until the browser is there; meanwhile more may be wanted
      return history.go(wanted.length - depth);
    }
    if (depth < wanted.length || !this.here) this.settle();
    else if (!same(this.here, wanted)) {
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.settle(), SETTLED);
    }
    for (let more = depth + 1; more <= wanted.length; more += 1) this.write("pushState", wanted.slice(0, more));
  }

  /** Note what has changed within the levels of this entry. */
  settle() {
    clearTimeout(this.settling);
    const levels = this.wanted.slice(0, this.here?.length ?? 0);
    if (!this.travelling && this.present && !(this.here && same(this.here, levels)))
      this.write("replaceState", levels);
  }

  write(how, levels) {
    try {
      history[how]({ ...history.state, unipic: { name: this.name, levels } }, "");
    } catch {
      // too many of them in a short time: Back then skips this one
    }
  }

  popped(event) {
    const levels = this.of(event.state);
    const asked = this.travelling;
    this.travelling = false;
    if (!levels || !this.present) return; // Streamlit's
    event.stopImmediatePropagation(); // to Streamlit nothing has changed
    clearTimeout(this.settling);
    if (asked) return this.follow();
    this.wanted = levels;
    this.onLevels(levels);
  }

  close() {
    clearTimeout(this.settling);
    this.leave.abort();
  }
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
