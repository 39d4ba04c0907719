"""Photos of the person in a picture that is not in the library, and is not kept."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from unipic.core.face import Face
from unipic.library.faces import is_clear
from unipic.people.limits import FaceLimits
from unipic.people.linking import vectors_of
from unipic.vision.registry import open_face_encoder, open_faces


@dataclass(frozen=True)
class Match:
    """A photo that may show the person."""

    digest: str
    likeness: float  # 0 to 100
    sure: bool  # False: perhaps


def photos_of(face: Face, faces: Iterable[Face], limits: FaceLimits) -> list[Match]:
    """Photos that show the face's person, likest first. A poor face has to be as alike as one that is attached."""
    there = [one for one in faces if one.vector is not None]
    if not there or face.vector is None:
        return []
    best: dict[str, Match] = {}
    for one, cosine in zip(there, (vectors_of(there) @ face.vector).tolist(), strict=True):
        if cosine >= limits.perhaps:
            match = Match(one.digest, limits.likeness(cosine), cosine >= (limits.you if one.clear else limits.attach))
            other = best.get(one.digest, match)
            best[one.digest] = max(other, match, key=lambda known: (known.sure, known.likeness))
    return sorted(best.values(), key=lambda match: (not match.sure, -match.likeness, match.digest))


def clear_faces(picture: np.ndarray) -> list[Face]:
    """The faces in uint8 [H, W, 3] RGB that are clear enough to be compared, the largest first. ModelError."""
    from unipic.vision import chips

    encoder, found = open_face_encoder("cpu"), list[Face]()
    for part in open_faces().find([picture])[0]:
        chip = chips.cut(picture, part.facts["points"])
        if chip is None or part.box is None:
            continue
        vector = encoder.embed(chip[None])[0]
        points = tuple((across, down) for across, down in part.facts["points"])
        size = (part.box[2] - part.box[0]) * picture.shape[1]
        face = Face("", part.box, points, part.facts["score"], size, vector=vector)
        if np.isfinite(vector).all() and is_clear(face, encoder.mean):
            found.append(face)
    return sorted(found, key=lambda face: -face.size)
