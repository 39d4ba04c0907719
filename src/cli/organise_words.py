"""What `organise` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.examples import examples
from cli.terminal import MAX_ROWS_SHOWN, WHOLE, out, say_note, shown
from unipic.core.language import gettext as _, ngettext
from unipic.core.words import belonging, count, size

if TYPE_CHECKING:
    from unipic.cleanup.result import Cleanup
    from unipic.destinations.outline import Branch

ORGANISE_EXAMPLES = examples(
    (
        _("See the tree and how many bytes it takes; nothing is written:"),
        "organise ~/Pictures --to /mnt/disk/album --dry-run",
    ),
    (
        _(
            "A folder for each burst, with its originals and its best shot; no extra space by hard links on the "
            "same disk:"
        ),
        "organise ~/Pictures --to ~/album --link hardlink",
    ),
    (
        _("By date, with names that sort:"),
        'organise ~/Pictures --to ~/by-date --tree dates --pattern "{year}/{year}-{month}-{day}" \\\n'
        '      --rename "{year}{month}{day}_{hour}{minute}{second}_{name}"',
    ),
    (_("Every night what is new; a second run continues the first:"), "organise /mnt/phone --to ~/album"),
    codes=(0, 1, 2, 3, (4, _("some files could not be written")), (5, _("no photos found")), 130),
)


def say_tree(cleanup: Cleanup, branches: list[Branch], bytes: int, notes: list[str], limited: str) -> None:
    """The tree's folders, what they need of the disk, and what a person should know."""
    gallery = cleanup.gallery
    along = sum(len(photo.companions) for photo in gallery.photos)
    found = f"{count(len(gallery.photos), 'photo')}{belonging(along)}, {count(len(gallery.unreadable), 'other file')}"
    part = f" ({shown(limited)})" if limited else ""
    out.print(_("Found: [b]{found}[/b]{part}", found=found, part=part), **WHOLE)
    for one in branches[:MAX_ROWS_SHOWN]:
        best = _(", best: {names}", names=shown(", ".join(one.best))) if one.best else ""
        held = _("{files}, {new:,} new, {size}", files=count(one.files, "file"), new=one.new, size=size(one.bytes))
        out.print(f"  {shown(one.folder)}/  {held}{best}", **WHOLE)
    if (more := len(branches) - MAX_ROWS_SHOWN) > 0:
        left = ngettext(
            "  ... and {n:,} more folder; --json lists every file",
            "  ... and {n:,} more folders; --json lists every file",
            more,
        )
        out.print(left, **WHOLE)
    for note in notes:
        say_note(note, out)
    out.print(_("[b]{folders}, {size} to write[/b]", folders=count(len(branches), "folder"), size=size(bytes)), **WHOLE)
