"""The laws a gallery keeps from birth."""

from dataclasses import FrozenInstanceError

import pytest
from tests.helpers.galleries import photo

from unipic.core.photo import Gallery, Unreadable


def unreadable(id: str) -> Unreadable:
    return Unreadable(id, f"{id}.jpg", f"/photos/{id}.jpg", "is empty (0 bytes)")


def test_ids_are_unique_over_photos_and_unreadable_files() -> None:
    Gallery((photo("a"), photo("b")), (unreadable("c"),))
    for photos, others in (
        ((photo("a"), photo("a")), ()),
        ((), (unreadable("a"), unreadable("a"))),
        ((photo("a"),), (unreadable("a"),)),
    ):
        with pytest.raises(ValueError, match="share an id"):
            Gallery(photos, others)


def test_an_empty_gallery_is_one() -> None:
    assert Gallery(()).photos == ()


def test_nothing_changes_once_it_is_there() -> None:
    for thing, name in ((photo("a"), "name"), (unreadable("a"), "reason"), (Gallery(()), "photos")):
        with pytest.raises(FrozenInstanceError):
            setattr(thing, name, "other")


def test_pixels() -> None:
    assert photo("a", width=4000, height=3000).pixels == 12_000_000


def test_what_is_not_known_is_not_made_up() -> None:
    plain = photo("a")
    assert (plain.quality, plain.rating, plain.edited, plain.taken_by_camera) == (None, None, "", True)
    assert (plain.exposure, plain.content) == ("", "")
