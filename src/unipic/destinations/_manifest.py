"""The manifest of a result: what was kept or set aside, who decided, why, and in favour of which photo."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from unipic.core.photo import Unreadable, files_of
from unipic.destinations.base import Written
from unipic.review.ledger import decided_by, ledger, ledger_to_dict
from unipic.review.outcomes import Outcome


def manifest(
    outcomes: Sequence[Outcome],
    written: Sequence[Written],
    stripped: bool = False,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[bytes]:
    """The manifest as JSON in pieces: one line per file, never all of it in memory. `more`: further facts."""
    arrived = {entry.item.file.id: entry for entry in written if entry.digest is not None}

    def about(fate: str) -> Iterator[dict[str, Any]]:
        for outcome in outcomes:
            for file in files_of(outcome.file) if outcome.fate == fate else ():
                reason = outcome.reason if file is outcome.file else f"belongs to {outcome.file.name}"
                values: dict[str, Any] = {"original": file.name, "bytes": file.size, "reason": reason}
                if who := decided_by(outcome):
                    values["decided_by"] = who
                if file.id in arrived:
                    values |= {"file": arrived[file.id].item.name, "sha256": arrived[file.id].digest}
                elif not isinstance(file, Unreadable):
                    values["sha256"] = file.digest
                if outcome.instead:
                    there = ((photo.name, arrived.get(photo.id)) for photo in outcome.instead)
                    values["instead"] = [entry.item.name if entry else name for name, entry in there]
                yield values

    facts = {
        "made_by": "Unipic",
        "location": "taken out of every file" if stripped else "as it was in the originals",
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "ledger": ledger_to_dict(ledger(outcomes)),
        **more,
    }
    lists: dict[str, Iterator[dict[str, Any]]] = {
        "kept": about("kept"),
        "set_aside": about("set aside"),
        "unreadable": about("unreadable"),
        "renamed": (
            {"original": entry.item.file.name, "file": entry.item.name}
            for entry in arrived.values()
            if entry.item.file.name != entry.item.name
        ),
        "notes": ({"original": w.item.file.name, "note": w.note} for w in written if w.note),
        "problems": ({"original": w.item.file.name, "problem": w.problem} for w in written if w.problem),
    }
    yield json.dumps(facts, indent=1).removesuffix("\n}").encode("ascii")
    for name, lines in lists.items():
        yield f',\n "{name}": ['.encode()
        for number, line in enumerate(lines):
            yield f"{',' if number else ''}\n  {json.dumps(line)}".encode("ascii")
        yield b"\n ]"
    yield b"\n}\n"
