"""The steps of a review on disk: one line each, appended and flushed before it is answered."""

import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from unipic.core.locks import lock
from unipic.core.settings import Thresholds
from unipic.library.decisions import ruling_of
from unipic.review.choices import Choice
from unipic.review.history import Change, Entry, Undo
from unipic.review.rules import Rules

CUT = b" cut short\n"  # makes any part of a line unreadable, even one that lacks only its end


class Journal:
    """The journal of one run, shared by all processes that work on it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, start: int = 0) -> tuple[list[tuple[str, Entry]], int]:
        """(id, entry) of each step from the offset `start` on, and the offset after the last.

        A line cut short by a crash was never answered, and is skipped.
        """
        if not self.path.exists():
            return [], start
        steps = []
        with open(self.path, "rb") as file:
            file.seek(start)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                start += len(line)
                try:
                    values = json.loads(line)
                except ValueError:  # a cut line, marked by the next append
                    continue
                steps.append((values.pop("step"), entry_from_dict(values)))
        return steps, start

    def append(self, step: str, entry: Entry) -> None:
        """Append a step; it is on disk when this returns."""
        line = json.dumps({"step": step, **entry_to_dict(entry)}, ensure_ascii=True, separators=(",", ":"))
        with open(self.path, "a+b") as file:
            with suppress(OSError):  # not every file system has locks
                lock(file)
            file.seek(0, os.SEEK_END)
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(CUT)
            file.write(line.encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())


def entry_to_dict(entry: Entry) -> dict[str, Any]:
    """An entry as plain values for JSON."""
    if isinstance(entry, Undo):
        return {"undo": True, "forward": entry.forward}
    return {
        "what": entry.what,
        "choices": {id: choice and choice_to_dict(choice) for id, choice in entry.choices.items()},
        "rulings": {id: ruling and asdict(ruling) for id, ruling in entry.rulings.items()},
        "rules": entry.rules and asdict(entry.rules),
        "thresholds": entry.thresholds and asdict(entry.thresholds),
        "place": entry.place,
        **({} if entry.earlier is None else {"earlier": entry.earlier}),
    }


def entry_from_dict(values: dict[str, Any]) -> Entry:
    """Inverse of entry_to_dict."""
    if values.get("undo"):
        return Undo(values["forward"])
    return Change(
        values["what"],
        {id: choice and choice_from_dict(choice) for id, choice in values["choices"].items()},
        {id: ruling and ruling_of(**ruling) for id, ruling in values["rulings"].items()},
        values["rules"] and Rules(**{name: tuple(value) for name, value in values["rules"].items()}),
        values["thresholds"] and Thresholds(**values["thresholds"]),
        values["place"],
        values.get("earlier"),
    )


def choice_to_dict(choice: Choice) -> dict[str, Any]:
    """A choice as plain values for JSON."""
    return {"kept": sorted(choice.kept), "done": choice.done, "remembered": choice.remembered}


def choice_from_dict(values: dict[str, Any]) -> Choice:
    """Inverse of choice_to_dict."""
    return Choice(frozenset(values["kept"]), values["done"], values["remembered"])
