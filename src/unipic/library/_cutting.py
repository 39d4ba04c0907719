"""Which faces of a photo are looked at closely, and their chips: stored ones, or cut now."""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from unipic.core.face import Face
from unipic.core.settings import Limits
from unipic.library._tables import marks, portions
from unipic.library.chips import Chips
from unipic.library.thumbnails import Thumbnails
from unipic.reading.cutting import Cut, Uncut, Where, cut_all
from unipic.reading.engines.base import Engine
from unipic.reading.scaled import Original
from unipic.vision.faces import KIND, part_name

Ask = Callable[[str, Sequence[Any]], list[Any]]

MOST = 100  # faces of one photo that are told apart, the largest ones; the others of a crowd are counted
# Pixels in the original. Where one stranger in 1,000 is taken for somebody, .916 of the pairs of one person are found
# with faces 24 pixels wide, .550 with 20 pixels: see benchmarks/RESULTS.md.
LEAST = 24


@dataclass(frozen=True)
class Cutter:
    """What gives the chips of photos."""

    ask: Ask
    thumbnails: Thumbnails
    chips: Chips
    engine: Engine
    limits: Limits

    def cut(self, digests: Sequence[str], finder: str) -> Iterator[Cut]:
        """The chips of each photo's faces that the finder with this key found; they are stored too."""
        for some in portions(digests):
            found = {digest: told_apart(faces) for digest, faces in seen(self.ask, some, finder).items()}
            names = {digest: [part_name(face.box) for face in found.get(digest, ())] for digest in some}
            stored = {digest: self.chips.load(digest, names[digest]) for digest in some}
            in_films = {digest for digest in some if any(face.time is not None for face in found.get(digest, ()))}
            cut_now = [digest for digest in some if digest not in in_films]  # those of a film were kept with its faces
            todo = [digest for digest in cut_now if len(stored[digest]) < len(names[digest])]
            for digest in some:
                if digest not in todo:
                    yield Cut(digest, tuple(stored[digest].items()))
            files = originals(self.ask, todo)
            uncut = (Uncut(one, self._thumbnail(one.digest), _where(found[one.digest])) for one in files)
            for cut in cut_all(uncut, self.engine, self.limits):
                for name, jpeg in cut.chips:
                    self.chips.save(cut.digest, name, jpeg)
                yield cut

    def _thumbnail(self, digest: str) -> bytes:
        path = self.thumbnails.path(digest)
        return path.read_bytes() if path.is_file() else b""


def originals(ask: Ask, digests: Sequence[str]) -> list[Original]:
    """The files of each photo; at most as many digests as a query takes."""
    paths = defaultdict[str, list[str]](list)
    asked = f"SELECT digest, path FROM file WHERE digest IN ({marks(digests)}) AND gone IS NULL ORDER BY path"
    for digest, path in ask(asked, digests):
        paths[digest].append(os.fsdecode(path))
    return [Original(digest, tuple(paths[digest])) for digest in digests]


def seen(ask: Ask, digests: Sequence[str], finder: str) -> dict[str, list[Face]]:
    """The faces that the finder with this key found, by photo; at most as many digests as a query takes."""
    rows = ask(
        "SELECT p.digest, p.facts, json_extract(x.facts, '$.width') FROM part p JOIN pixels x ON x.digest = p.digest "
        f"WHERE p.key = ? AND p.kind = '{KIND}' AND p.digest IN ({marks(digests)}) ORDER BY p.digest, p.part",
        [finder, *digests],
    )
    found = defaultdict[str, list[Face]](list)
    for digest, facts, width in rows:
        with suppress(ValueError, TypeError, KeyError):  # damaged: found again when the photo is
            told = json.loads(facts)
            box = tuple(told["box"])
            points = tuple((x, y) for x, y in told["points"])
            size = (box[2] - box[0]) * width
            found[digest].append(Face(digest, box, points, told["score"], size, time=told.get("time")))
    return found


def told_apart(faces: Sequence[Face]) -> list[Face]:
    """Those that are told apart, the largest first."""
    large = [face for face in faces if face.size >= LEAST]
    return sorted(large, key=lambda face: (-face.size, face.box))[:MOST]


def _where(faces: Sequence[Face]) -> tuple[Where, ...]:
    return tuple(Where(part_name(face.box), face.box, face.points, face.size) for face in faces)
