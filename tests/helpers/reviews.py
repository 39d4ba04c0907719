"""A review of as many groups as wanted, ready at once: small pictures, and evidence written instead of measured."""

import hashlib
import io
import secrets
from dataclasses import replace
from pathlib import Path

from PIL import Image
from tests.helpers.desks import evidence, scanned
from tests.helpers.galleries import SHARP, photo

from server.runs import Run
from unipic.cleanup.result import Clutter, ClutterKind
from unipic.core.photo import Photo

KINDS = ("clear", "tie", "identical")  # by turns
SHOTS = {"clear": 3, "tie": 2, "identical": 2}
BLURRED = replace(SHARP, sharpness=0.1)


def review_of(data: Path, groups: int, clutter: int = 0) -> Run:
    """A run among a server's, whose work is done: `groups` groups, a third of each kind, and `clutter` lone photos.

    Its pictures are new to the server, which remembers what was decided about others.
    """
    folder = data / f"made-photos-{secrets.token_hex(4)}"
    folder.mkdir()
    photos, similar, pictures = [], dict[str, float](), dict[str, bytes]()
    for number in range(groups):
        kind = KINDS[number % len(KINDS)]
        shots = [_shot(folder, number, shot, kind, pictures) for shot in range(SHOTS[kind])]
        photos += shots
        if kind != "identical":
            similar |= {f"{a.id} {b.id}": 99.0 for i, a in enumerate(shots) for b in shots[i + 1 :]}
    lone = [_shot(folder, groups + number, 0, "clutter", pictures) for number in range(clutter)]
    run = scanned(data, replace(evidence([*photos, *lone], similar), clutter=tuple(map(called, lone, range(clutter)))))
    for digest, picture in pictures.items():
        run.thumbnails.save(digest, picture)
    return run


def called(photo: Photo, number: int) -> Clutter:
    """The photo as clutter, by turns a screenshot and blurred."""
    kind: ClutterKind = ("screenshot", "blurred")[number % 2]
    return Clutter(photo, kind, f"A reason with the number {number}.", 0.9 - number / 100)


def _shot(folder: Path, number: int, shot: int, kind: str, pictures: dict[str, bytes]) -> Photo:
    """`pictures`: where its JPEG goes, by digest."""
    picture = _jpeg(number, 0 if kind == "identical" else shot, folder.name)
    path = folder / f"g{number:03}-{shot}.jpg"
    path.write_bytes(picture)
    digest = hashlib.sha256(picture).hexdigest()
    pictures[digest] = picture
    return photo(
        path.stem,
        name=f"trip/{path.name}",
        path=str(path),
        digest=digest,
        size=len(picture),
        width=320,
        height=240,
        measures=BLURRED if kind == "clear" and shot else SHARP,
    )


def _jpeg(number: int, shot: int, comment: str) -> bytes:
    """A colour for each group, and another for each of its shots."""
    colour = tuple((number * step + 40 * shot) % 256 for step in (67, 131, 29))
    file = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(file, "JPEG", comment=comment)
    return file.getvalue()
