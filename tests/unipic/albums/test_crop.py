"""Crops keep heads, and collages cut none."""

import pytest
from hypothesis import given, strategies as st

from unipic.albums.collage import MARGIN, MOST, PAPERS, Piece, layout, paper_named
from unipic.albums.crop import ASPECTS, HEADROOM, LEAST_ROOM, Crop, Head, aspect_named, crop_of, in_words
from unipic.core.errors import SettingsError

share = st.floats(0, 1)


@st.composite
def heads(draw: st.DrawFn, most: int = 4) -> list[Head]:
    found = []
    for _ in range(draw(st.integers(0, most))):
        x, y = draw(st.floats(0, 0.9)), draw(st.floats(0, 0.9))
        size = draw(st.floats(0.01, 0.5))
        found.append(Head((x, y, min(1.0, x + size), min(1.0, y + size)), draw(st.booleans())))
    return found


sizes = st.tuples(st.integers(40, 4000), st.integers(40, 4000))


def whole(crop: Crop, head: Head, size: tuple[int, int]) -> bool:
    """Whether the head is in the crop with its headroom, as far as the photo has any. Up to a pixel of rounding."""
    room = crop.room * (head.box[2] - head.box[0]), crop.room * (head.box[3] - head.box[1])
    left, top = max(0.0, head.box[0] - room[0]) * size[0], max(0.0, head.box[1] - room[1]) * size[1]
    right, bottom = min(1.0, head.box[2] + room[0]) * size[0], min(1.0, head.box[3] + room[1]) * size[1]
    inside = crop.box[0] - 1 <= left and right <= crop.box[2] + 1 and crop.box[1] - 1 <= top
    return inside and bottom <= crop.box[3] + 1


@given(sizes, st.sampled_from(list(ASPECTS.values())), heads(), st.tuples(share, share))
def test_a_crop_has_its_aspect_lies_in_the_photo_and_says_who_is_cut(
    size: tuple[int, int], aspect: tuple[int, int], faces: list[Head], middle: tuple[float, float]
) -> None:
    crop = crop_of(size, aspect, faces, (middle[0], middle[1], middle[0], middle[1]))
    left, top, right, bottom = crop.box
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
    assert right - left == size[0] or bottom - top == size[1], "it is as large as can be"
    assert abs((right - left) * aspect[1] - (bottom - top) * aspect[0]) <= 2 * max(aspect)
    assert crop.room == HEADROOM or len(faces) > 0
    assert set(crop.cut) == {number for number, face in enumerate(faces) if not whole(crop, face, size)}
    if len(faces) == 1 and crop.cut:
        room = 1 + 2 * LEAST_ROOM
        box = faces[0].box
        assert (box[2] - box[0]) * room * size[0] > right - left - 3 or (box[3] - box[1]) * room * size[
            1
        ] > bottom - top - 3


def test_a_window_moves_to_the_faces_and_else_to_the_subject() -> None:
    face = Head((0.8, 0.3, 0.9, 0.5))
    assert crop_of((3000, 2000), (1, 1), [face]).box == (805, 0, 2805, 2000)
    assert crop_of((3000, 2000), (1, 1), [], (0.0, 0.0, 0.2, 1.0)).box == (0, 0, 2000, 2000)
    assert crop_of((3000, 2000), (1, 1), []).box == (500, 0, 2500, 2000)
    assert crop_of((2000, 3000), (16, 9), [Head((0.4, 0.0, 0.6, 0.1))], (0, 0.9, 1, 1)).box[1] == 0


def test_where_faces_do_not_fit_the_large_and_clear_ones_stay() -> None:
    small, large, blurred = (
        Head((0, 0.4, 0.05, 0.5)),
        Head((0.8, 0.3, 0.95, 0.6)),
        Head((0, 0.1, 0.3, 0.7), clear=False),
    )
    crop = crop_of((3000, 1000), (1, 1), [small, large, blurred])
    assert crop.cut == (0, 2)
    assert in_words(crop, [small, large, blurred]) == "2 of 3 faces are cut: at the left"
    assert in_words(Crop((0, 0, 1, 1)), []) == ""
    assert in_words(Crop((0, 0, 1, 1), (0,)), [Head((0.4, 0, 0.6, 1))]) == "1 of 1 face is cut: in the middle"


@given(st.lists(st.tuples(sizes, heads(2)), min_size=1, max_size=MOST), st.sampled_from([*PAPERS]), st.booleans())
def test_a_collage_lies_on_its_page_overlaps_nothing_and_cuts_no_head(
    photos: list[tuple[tuple[int, int], list[Head]]], paper: str, landscape: bool
) -> None:
    pieces = [Piece(*size, faces) for size, faces in photos]
    page = paper_named(paper, landscape)
    placed = layout(pieces, page)
    assert len(placed) == len(pieces)
    for piece, one in zip(pieces, placed, strict=True):
        left, top, right, bottom = one.place
        assert 0 <= left < right <= page[0]
        assert 0 <= top < bottom <= page[1]
        assert all(whole(Crop(one.box), face, (piece.width, piece.height)) for face in piece.heads)
    rows = sorted(one.place for one in placed)
    for n, first in enumerate(rows):
        for second in rows[n + 1 :]:
            apart = first[2] <= second[0] or second[2] <= first[0] or first[3] <= second[1] or second[3] <= first[1]
            assert apart


def test_a_page_of_like_photos_is_filled() -> None:
    placed = layout([Piece(3000, 2000)] * 12, PAPERS["A4"])
    covered = sum((one.place[2] - one.place[0]) * (one.place[3] - one.place[1]) for one in placed)
    assert covered > 0.9 * (PAPERS["A4"][0] - 2 * MARGIN) * (PAPERS["A4"][1] - 2 * MARGIN)


def test_what_there_is_not_is_refused() -> None:
    with pytest.raises(SettingsError):
        aspect_named("3:7")
    with pytest.raises(SettingsError):
        paper_named("letter")
    with pytest.raises(ValueError, match="1 to"):
        layout([], PAPERS["A4"])
