"""Photos that are a picture of a film."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from tests.helpers.filmed import walk
from tests.helpers.galleries import photo

from unipic.library.thumbnails import Thumbnails
from unipic.reading.read import jpeg
from unipic.video.fingerprints import SIDE, Fingerprint, fingerprint
from unipic.video.stills import stills


def film(seed: int) -> Fingerprint:
    """Limited range, as films are coded."""
    frames = list(walk(seed, 2.0))[::6]
    small = (Image.fromarray(one).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX) for one in frames)
    return fingerprint((0.24 * i, (16 + np.asarray(one) * (219 / 255)).astype(np.uint8)) for i, one in enumerate(small))


def test_a_grab_is_found_in_its_film_and_a_stranger_in_none(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path)
    grab, stranger, gone = (replace(photo(name), digest=name * 64) for name in "abc")
    thumbnails.save(grab.digest, jpeg(Image.fromarray(list(walk(1, 2.0))[24])))
    thumbnails.save(stranger.digest, jpeg(Image.fromarray(next(walk(7, 2.0)))))
    found = stills([grab, stranger, gone], {"one": film(1), "two": film(2)}, thumbnails)
    assert list(found) == [grab.id]
    assert (found[grab.id].film, round(found[grab.id].seconds, 2)) == ("one", 0.96)
    assert stills([grab], {}, thumbnails) == {}
