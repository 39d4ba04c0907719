"""What `organise` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.terminal import MAX_ROWS_SHOWN, WHOLE, out, shown
from unipic.core.settings import COMMAND
from unipic.core.words import belonging, count, size

if TYPE_CHECKING:
    from unipic.cleanup.result import Cleanup
    from unipic.destinations.outline import Branch

ORGANISE_EXAMPLES = """
[b]Examples[/b]

  See the tree and how many bytes it takes; nothing is written:
    python src/main.py organise ~/Pictures --to /mnt/disk/album --dry-run

  A folder for each burst, with its originals and its best shot; no extra space by hard links on the same disk:
    python src/main.py organise ~/Pictures --to ~/album --link hardlink

  By date, with names that sort:
    python src/main.py organise ~/Pictures --to ~/by-date --tree dates --pattern "{year}/{year}-{month}-{day}" \\
      --rename "{year}{month}{day}_{hour}{minute}{second}_{name}"

  Every night what is new; a second run continues the first:
    python src/main.py organise /mnt/phone --to ~/album

[b]Exit codes[/b]  0 done · 1 failed · 2 wrong arguments · 3 no room · 4 some files could not be written · 5 no photos ·
130 stopped
""".replace("python src/main.py", COMMAND)


def say_tree(cleanup: Cleanup, branches: list[Branch], bytes: int, notes: list[str], limited: str) -> None:
    """The tree's folders, what they need of the disk, and what a person should know."""
    gallery = cleanup.gallery
    along = sum(len(photo.companions) for photo in gallery.photos)
    found = f"{count(len(gallery.photos), 'photo')}{belonging(along)}, {count(len(gallery.unreadable), 'other file')}"
    out.print(f"Found: [b]{found}[/b]{f' ({shown(limited)})' if limited else ''}", **WHOLE)
    for one in branches[:MAX_ROWS_SHOWN]:
        best = f", best: {shown(', '.join(one.best))}" if one.best else ""
        out.print(
            f"  {shown(one.folder)}/  {count(one.files, 'file')}, {one.new:,} new, {size(one.bytes)}{best}", **WHOLE
        )
    if len(branches) > MAX_ROWS_SHOWN:
        out.print(f"  ... and {count(len(branches) - MAX_ROWS_SHOWN, 'more folder')}; --json lists every file", **WHOLE)
    for note in notes:
        out.print(f"[yellow]note:[/] {shown(note)}", **WHOLE)
    out.print(f"[b]{count(len(branches), 'folder')}, {size(bytes)} to write[/b]", **WHOLE)
