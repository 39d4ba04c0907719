// Identical files: nothing to judge, so all their groups are settled by one button. The list of files is there to see.

import { button } from "./button.js";
import { section } from "./bulk_parts.js";
import { count, h, size } from "./dom.js";
import { identical } from "./groups.js";
import { _, ngettext } from "./language.js";

export class Identical {
  /** onAccept(ids of groups, words) */
  constructor(onAccept) {
    this.words = h("p", { id: "identical-words" });
    this.act = button("identical", "", () => onAccept(this.ids, this.said), { "aria-describedby": "identical-words" });
    this.files = h("div", { class: "files", tabIndex: 0, role: "group", "aria-label": _("Copies that would be set aside") });
    this.shown = h("details", {}, h("summary", {}, _("Show them")), this.files);
    this.shown.addEventListener("toggle", () => this.fill());
    this.element = h("div", { class: "wins", hidden: true }, this.words, h("div", {}, this.act, this.shown));
  }

  show(book) {
    this.outcomes = identical(book);
    this.ids = this.outcomes.map(({ group }) => group.id);
    this.element.hidden = !this.ids.length;
    const aside = this.outcomes.flatMap((one) => one.aside);
    const bytes = aside.reduce((sum, photo) => sum + photo.size, 0);
    const copies = count(aside.length, "identical copy", "identical copies");
    this.said = _("{copies} set aside", { copies });
    this.words.replaceChildren(
      h("strong", {}, `${copies}, ${size(bytes)}.`),
      " ",
      _("Nothing to compare: one of each stays, and nothing is deleted."),
    );
    this.act.lastChild.textContent = ngettext("Set {n:,} copy aside", "Set {n:,} copies aside", aside.length);
    this.fill();
  }

  fill() {
    if (this.shown.open) this.files.replaceChildren(...this.outcomes.map(section));
  }
}
