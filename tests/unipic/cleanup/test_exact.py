from dataclasses import replace

import pytest
from hypothesis import given, strategies as st
from tests.helpers.galleries import galleries, photo

from unipic.cleanup._exact import same_bytes, same_originals, same_pixels
from unipic.cleanup.copies import identical
from unipic.cleanup.keeper import keeper_first
from unipic.core.embeddings import Embeddings
from unipic.core.photo import FILM, Companion, Gallery


def test_same_bytes_are_one_set_and_others_none() -> None:
    photos = [photo("a", digest="1"), photo("b", digest="2"), photo("c", digest="1"), photo("d", digest="1")]
    (found,) = same_bytes(photos)
    assert (found.keeper.id, [copy.id for copy in found.copies], found.kind) == ("a", ["c", "d"], "exact")
    assert found.reasons == ("the same bytes as a.jpg (sha256 1)",) * 2
    assert found.warnings == ("", "")


def test_unlike_bytes_are_no_copies_whatever_they_are_called() -> None:
    assert same_bytes([photo("a", name="IMG_1.jpg"), photo("b", name="IMG_1.jpg")]) == []


@pytest.mark.parametrize("find", [same_bytes, same_pixels])
def test_blank_pictures_are_copies_only_by_bytes_and_pixels(find) -> None:  # type: ignore[no-untyped-def]
    blank = {"comparable": False, "digest": "1", "content": "1"}
    assert len(find([photo("a", **blank), photo("b", **blank)])) == 1


def test_the_same_pixels_in_other_files_are_one_set() -> None:
    png = photo("png", name="IMG_1.png", format="PNG", quality=100, content="1")
    bmp = photo("bmp", format="BMP", quality=100, content="1", size=9000)
    tif = photo("tif", format="TIFF", quality=100, content="1", camera="Canon", rating=5)
    (found,) = same_pixels([png, bmp, tif, photo("other", content="2")])
    assert (found.keeper, found.copies, found.kind) == (tif, (png, bmp), "pixels")
    assert found.reasons == ("the same pixels as tif.jpg, which stays: it has the camera's data (Canon)",) * 2


def test_stars_on_a_copy_of_the_pixels_are_said() -> None:
    keeper, copy = photo("a", content="1", camera="Canon"), photo("b", content="1", rating=4)
    (found,) = same_pixels([copy, keeper])
    assert (found.copies, found.warnings) == ((copy,), ("rated 4 stars",))


def test_where_the_content_is_uncertain_nothing_is_claimed() -> None:
    assert same_pixels([photo("a"), photo("b")]) == []
    assert same_pixels([]) == []


@given(galleries(), st.randoms(use_true_random=False))
def test_sets_do_not_depend_on_the_order_and_each_key_has_one(
    drawn: tuple[Gallery, Embeddings], random: object
) -> None:
    photos = [replace(p, content=("", "1", "2", "3")[i % 4]) for i, p in enumerate(drawn[0].photos)]
    mixed = list(photos)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    for find, key in ((same_bytes, "digest"), (same_pixels, "content")):
        sets = find(photos)
        assert find(mixed) == sets
        keys = [getattr(found.keeper, key) for found in sets]
        assert len(set(keys)) == len(keys)
        for found in sets:
            assert len(found.copies) == len(found.reasons) == len(found.warnings) > 0
            assert {getattr(copy, key) for copy in found.copies} == {getattr(found.keeper, key)} != {""}
            assert all(keeper_first(found.keeper) < keeper_first(copy) for copy in found.copies)


def test_what_is_there_once_more_as_the_original_of_an_edit() -> None:
    original = Companion("o", "IMG_1.JPG", "/nowhere", photo("a").digest, 10, "original")
    edit, again, other = photo("IMG_E1", companions=(original,)), photo("a"), photo("b")
    (found,) = same_originals([again, other, edit], frozenset())
    assert (found.keeper, found.copies, found.kind) == (edit, (again,), "original")
    assert found.reasons == ("the same bytes as IMG_1.JPG, the original that comes with IMG_E1.jpg",)
    assert same_originals([again, other, edit], frozenset({"a"})) == []


def test_a_film_with_the_bytes_of_a_photo_is_no_original() -> None:
    film = Companion("o", "IMG_1.MOV", "/nowhere", photo("a").digest, 10, "video")
    assert same_originals([photo("a"), photo("b", companions=(film,))], frozenset()) == []


def test_a_film_and_a_photo_are_never_identical() -> None:
    """Also where the bytes are the same, but one of them could not be read as a photo."""
    same = {"digest": "d", "content": "c"}
    photos, films = [photo(id, **same) for id in "ab"], [photo(id, **same, format=FILM) for id in "cd"]
    found = identical(photos + films)
    assert [[one.keeper, *one.copies] for one in found] == [photos, films]


def test_what_comes_with_one_of_two_identical_files_is_worth_a_look() -> None:
    film = Companion("m", "IMG_1.MOV", "/nowhere", "1" * 64, 10, "video")
    alone, live = photo("a", digest="1"), photo("b", digest="1", companions=(film,))
    (found,) = same_bytes([alone, live])
    assert (found.keeper, found.warnings) == (live, ("",))
    other = photo("c", digest="1", companions=(replace(film, id="n", name="x/IMG_2.MOV", digest="2" * 64),))
    (found,) = same_bytes([live, other])
    assert found.warnings[0].startswith("accompanied by IMG_")
