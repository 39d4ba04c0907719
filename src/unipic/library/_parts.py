"""Parts of photos as rows: stored with the fact that a model looked, which holds for a photo without any too."""

import json
from collections.abc import Sequence
from contextlib import suppress

from unipic.library._database import Database
from unipic.library._tables import marks, portions
from unipic.reading import versions
from unipic.reading.seen import half
from unipic.vision.base import Part


def store_parts(base: Database, digest: str, parts: Sequence[Part], key: str) -> None:
    """Store a photo's parts, and that the model with this key looked at it."""
    made = versions.picture()
    for part in parts:
        store_part(base, digest, part, key, made)
    base.queue("INSERT OR REPLACE INTO done VALUES (?, ?, ?)", (digest, key, made))
    base.write_now_and_then()


def stored_parts(base: Database, digests: Sequence[str], key: str) -> dict[str, list[Part]]:
    """The parts of each photo that the model with this key has looked at, by digest; without vectors."""
    made = versions.picture()
    known: dict[str, list[Part]] = {}
    for some in portions(digests):
        asked = f"SELECT digest FROM done WHERE key = ? AND made = ? AND digest IN ({marks(some)})"
        known |= {digest: [] for (digest,) in base.ask(asked, [key, made, *some])}
        asked = (
            "SELECT digest, part, kind, facts FROM part WHERE key = ? AND made = ? "
            f"AND digest IN ({marks(some)}) ORDER BY digest, part"
        )
        for digest, name, kind, facts in base.ask(asked, [key, made, *some]):
            with suppress(ValueError, TypeError, KeyError):  # damaged
                told = json.loads(facts)
                box, time = told.pop("box"), told.pop("time")
                known[digest].append(Part(name, kind, tuple(box) if box else None, time, told))
    return known


def store_part(base: Database, digest: str, part: Part, key: str, made: str) -> None:
    """Store a part, and its vector if it has one."""
    if part.vector is not None:
        base.queue(
            "INSERT OR REPLACE INTO vector VALUES (?, ?, ?, ?, ?)",
            (digest, part.name, key, made, half(part.vector[None])[0].tobytes()),
        )
    if part.kind:
        facts = json.dumps({"box": part.box, "time": part.time, **part.facts})
        base.queue(
            "INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?)", (digest, part.name, key, made, part.kind, facts)
        )
