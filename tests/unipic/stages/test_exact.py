from __future__ import annotations

from typing import Any

import pytest
from tests.galleries import at_angles, hash_with, photo

from unipic.cleanup import DuplicateSet
from unipic.photo import Photo
from unipic.stages.exact import renditions, same_bytes

SIMILAR, BITS = 0.9, 40


def test_same_bytes_are_one_set_and_others_none() -> None:
    photos = [photo("a", digest="1"), photo("b", digest="2"), photo("c", digest="1"), photo("d", digest="1")]
    (found,) = same_bytes(photos)
    assert (found.keeper.id, [copy.id for copy in found.copies], found.kind) == ("a", ["c", "d"], "exact")
    assert found.reasons == ("the same bytes as a.jpg (sha256 1)",) * 2


def test_unlike_bytes_are_no_copies_whatever_they_are_called() -> None:
    assert same_bytes([photo("a", name="IMG_1.jpg"), photo("b", name="IMG_1.jpg")]) == []


def test_blank_pictures_are_copies_only_by_bytes() -> None:
    blank = {"comparable": False, "digest": "1"}
    assert len(same_bytes([photo("a", **blank), photo("b", **blank)])) == 1


def pair(cosine: float = 0.97, **copy: Any) -> list[DuplicateSet]:
    """A HEIC of a camera and something beside it."""
    heic = photo("heic", name="DCIM/IMG_1.HEIC", format="HEIF", width=4000, height=3000)
    other = {"name": "DCIM/IMG_1.jpg", "format": "JPEG", "width": 800, "height": 600, **copy}
    return renditions(at_angles([heic, photo("other", **other)], cosine), SIMILAR, BITS)


def test_a_smaller_file_of_the_same_picture_in_another_format_is_a_rendition() -> None:
    (found,) = pair()
    assert (found.keeper.id, found.copies[0].id, found.kind) == ("heic", "other", "rendition")
    assert found.reasons == ("the picture of DCIM/IMG_1.HEIC as JPEG at 800 x 600 instead of 4000 x 3000",)


@pytest.mark.parametrize("name", ["DCIM/img_1.JPG", "DCIM/IMG_1.jpeg"])
def test_the_case_of_a_name_does_not_matter(name: str) -> None:
    assert pair(name=name)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"cosine": 0.89}, id="another picture to the encoder"),
        pytest.param({"fingerprint": hash_with(*range(BITS // 2 + 1))}, id="another picture by its hash"),
        pytest.param({"format": "HEIF"}, id="the same format"),
        pytest.param({"width": 4000, "height": 3000}, id="the same resolution"),
        pytest.param({"width": 800, "height": 500}, id="a crop"),
        pytest.param({"width": 600, "height": 800}, id="turned"),
        pytest.param({"name": "other/IMG_1.jpg"}, id="another folder"),
        pytest.param({"name": "DCIM/IMG_2.jpg"}, id="another name"),
        pytest.param({"comparable": False}, id="too little to compare"),
    ],
)
def test_what_is_no_rendition(other: dict[str, Any]) -> None:
    assert pair(**other) == []


def test_of_three_formats_each_is_compared_with_the_one_that_stays() -> None:
    sizes: list[tuple[str, str, int]] = [("tif", "TIFF", 4000), ("jpg", "JPEG", 2000), ("webp", "WEBP", 800)]
    photos: list[Photo] = [photo(i, name=f"a.{i}", format=f, width=w, height=w * 3 // 4) for i, f, w in sizes]
    (found,) = renditions(at_angles(photos, 0.95, 0.85), SIMILAR, BITS)  # the third is like the second only
    assert (found.keeper.id, [copy.id for copy in found.copies]) == ("tif", ["jpg"])
