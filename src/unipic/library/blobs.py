"""Bytes that the index keeps of a file's content besides photos and vectors, such as a film's fingerprint."""

from collections.abc import Iterable

from unipic.library._tables import marks, portions
from unipic.library.index import Index, StoredIndex


def known(index: Index, digests: Iterable[str], key: str, made: str) -> dict[str, bytes]:
    """What is stored under a key, by digest, if it was `made` by the same version."""
    found: dict[str, bytes] = {}
    if not isinstance(index, StoredIndex):
        return found
    for some in portions(sorted(set(digests))):
        asked = (
            f"SELECT digest, value FROM vector WHERE key = ? AND part = ? AND made = ? AND digest IN ({marks(some)})"
        )
        found |= dict(index.base.ask(asked, [key, key, made, *some]))
    return found


def keep(index: Index, digest: str, key: str, made: str, value: bytes) -> None:
    """Store bytes under a key. The part has the key's name: rows without a part are vectors."""
    if isinstance(index, StoredIndex):
        index.base.queue("INSERT OR REPLACE INTO vector VALUES (?, ?, ?, ?, ?)", (digest, key, key, made, value))
        index.base.write_now_and_then()
