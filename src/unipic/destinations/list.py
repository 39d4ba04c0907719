"""A list of every file and its outcome, for other tools: CSV for spreadsheets, JSON for programs.

It copies nothing and checks no original. It is written atomically, and replaces nothing.
"""

import csv
import glob
import io
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from unipic.core.errors import SettingsError
from unipic.core.files import atomic_file, sweep_parts
from unipic.core.language import gettext as _, kept, retold
from unipic.core.photo import Companion, Photo, Unreadable, files_of, is_preview
from unipic.core.progress import Progress, Step, silent
from unipic.destinations._writing import explained
from unipic.destinations.base import Plan, Result, file_ready
from unipic.review.ledger import decided_by
from unipic.review.outcomes import Outcome

COLUMNS = (
    "name", "path", "fate", "decided_by", "reason", "instead", "size", "sha256", "format", "width", "height", "taken",
)  # fmt: skip
# How cells begin that a spreadsheet may run: also after spaces, invisible characters or quotes, in East Asian widths,
# and after a separator of another locale, at which it may cut a cell in two.
_BLANK = r"[\s\0\u200b-\u200f\u2060\ufeff\"'`\u2018-\u201f\u00ab\u00bb\uff02\uff07]*"
FORMULA = re.compile(
    rf"(?:^|[;,|\t\r\n\uff0c\uff1b\uff5c]){_BLANK}[=+\-@\uff1d\uff0b\uff0d\u2212\uff20\ufe62-\ufe66\ufe6b]|^[\t\r\n]"
)
BETWEEN = "; "  # the names in one cell


class ListDestination:
    """CSV or JSON by the path's suffix. SettingsError for any other.

    `paths`: False if files lie in a private folder of the server; the path column is then empty.
    """

    def __init__(self, path: Path, replace: bool = False, paths: bool = True) -> None:
        if path.suffix.lower() not in (".csv", ".json"):
            raise SettingsError(_("{path} must end in .csv (for spreadsheets) or .json (for programs)", path=path))
        self.path = path
        self.replace = replace
        self.paths = paths

    def ready(self) -> None:
        file_ready(self.path, self.replace)

    def plan(self, outcomes: Sequence[Outcome]) -> Plan:
        """A plan without items: nothing would be copied."""
        return Plan(tuple(outcomes))

    def carry_out(self, plan: Plan, progress: Progress = silent) -> Result:
        """List every file once, in the gallery's order."""
        self.ready()
        outcomes = plan.outcomes
        progress(Step(kept("Writing the list"), 0, len(outcomes), "photo"))
        with explained(self.path.parent, lambda: (), _("The unfinished list was removed.")):
            sweep_parts(self.path.parent, glob.escape(self.path.name))
            with atomic_file(self.path, self.replace) as file:
                rows = (_row(o, file, self.paths) for o in outcomes for file in files_of(o.file))
                (_write_csv if self.path.suffix.lower() == ".csv" else _write_json)(file, rows)
        progress(Step(kept("Writing the list"), len(outcomes), len(outcomes), "photo"))
        return Result()


def _row(outcome: Outcome, file: Photo | Companion | Unreadable, paths: bool) -> dict[str, Any]:
    photo = file if isinstance(file, Photo) else None
    values = (
        file.name,
        file.id if is_preview(file) else file.path if paths else "",
        outcome.fate,
        decided_by(outcome),
        retold(outcome.reason) if file is outcome.file else _("belongs to {name}", name=outcome.file.name),
        [stays.name for stays in outcome.instead],
        file.size,
        _digest(file),
        photo and photo.format,
        photo and photo.width,
        photo and photo.height,
        photo and photo.taken and photo.taken.isoformat(),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _digest(file: Photo | Companion | Unreadable) -> str | None:
    """The sha256; of an original whose preview alone is here its SHA-1, which is said."""
    if isinstance(file, Unreadable):
        return None
    return f"sha1:{file.digest}" if is_preview(file) else file.digest


def _write_json(file: BinaryIO, rows: Iterable[dict[str, Any]]) -> None:
    """ASCII only, one file per line: names that are no valid text stay exact, and long lists can be streamed."""
    file.write(b'{"made_by": "Unipic", "files": [')
    for number, row in enumerate(rows):
        file.write((",\n" if number else "\n").encode() + json.dumps(row, ensure_ascii=True).encode("ascii"))
    file.write(b"\n]}\n")


def _write_csv(file: BinaryIO, rows: Iterable[dict[str, Any]]) -> None:
    """RFC 4180, UTF-8 with a byte order mark, without which Excel misreads names beyond ASCII.

    A cell that is or holds the beginning of a formula gets apostrophes, so no spreadsheet runs it. Invalid text
    becomes "?"; the JSON has names exactly.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([cell(value) for value in row.values()])
    text.flush()
    text.detach()


def cell(value: Any) -> str:
    """A value as the text of a cell that no spreadsheet runs."""
    text = "" if value is None else BETWEEN.join(value) if isinstance(value, list) else str(value)
    return FORMULA.sub(_harmless, text)


def _harmless(found: re.Match[str]) -> str:
    """The beginning of a formula with an apostrophe before it, after the separator if there is one."""
    begin = found[0]
    return begin[0] + "'" + begin[1:] if found.start() or begin[0] in ";,|\uff0c\uff1b\uff5c" else "'" + begin
