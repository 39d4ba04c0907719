import random
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.helpers.galleries import embeddings, hash_with, photo
from tests.helpers.shots import COPIES, SECOND_SHOTS, Shelf, before_it_moved, brighter, place, resized, saved, shot

from unipic.cleanup import compare as module
from unipic.cleanup._alignment import Agreement
from unipic.cleanup.compare import ALONE, EXACT, LIMITS, Sketches, compare, compare_pair, other_shot, sameness
from unipic.cleanup.likeness import NO_POINTS, TIMES, Likeness, percent
from unipic.core.errors import Cancelled
from unipic.core.photo import Photo
from unipic.core.progress import Step
from unipic.core.settings import Settings
from unipic.vision.base import Calibration

STUB = Calibration(middle=0.5, slope=20.0)
BITS = 24
NOON = datetime(2024, 6, 12, 12, 0, 0, 250000)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@cache
def picture(seed: int = 0) -> Image.Image:
    return shot(place(seed), 1)


def compared(shelf: Shelf, *photos: Photo, rows: Any = None, **how: Any) -> Likeness:
    """All of them alike to the encoder, unless it has something to say."""
    vectors = np.ones((len(photos), 2)) if rows is None else rows
    return compare(embeddings(list(photos), vectors), STUB, shelf, BITS, **how)


def the_sameness(likeness: Likeness) -> float:
    (value,) = likeness.sameness.tolist()
    return float(value)


@pytest.mark.parametrize("name", COPIES)
def test_copies_are_found(name: str, shelf: Shelf) -> None:
    a = shelf.put("a", picture(), taken=NOON, camera="Box", exposure="1/125 s")
    b = shelf.put("b", COPIES[name](picture()))
    found = compared(shelf, a, b)
    assert the_sameness(found) >= 65
    assert found.similarity.tolist() == [100.0]
    assert "of the detail agree" in found.said(a, b)


@pytest.mark.parametrize("name", SECOND_SHOTS)
@pytest.mark.parametrize("seed", [3, 5])
def test_a_second_shot_is_no_copy_and_the_same_moment(name: str, seed: int, shelf: Shelf) -> None:
    a = shelf.put("a", before_it_moved(name, place(seed)))
    b = shelf.put("b", SECOND_SHOTS[name](place(seed)))
    found = compared(shelf, a, b)
    assert the_sameness(found) == 0
    assert found.said(a, b) == ""
    assert 99 < found.similar(a, b) < 100


def test_another_exposure_is_not_looked_for_in_a_mirror(shelf: Shelf) -> None:
    """Only a copy may be one: cameras do not mirror, and a wall or a lake makes any two places alike a little."""
    a = shelf.put("a", picture(), taken=NOON, camera="Box", exposure="1/125 s")
    copy = shelf.put("copy", COPIES["mirrored"](picture()))
    other = replace(copy, taken=NOON + timedelta(seconds=2), camera="Box", exposure="1/125 s")
    assert other_shot(a, other)
    assert compare_pair(a, copy, Sketches(shelf), BITS).points > 20
    assert compare_pair(a, other, Sketches(shelf), BITS).points == 0


def test_what_was_done_to_a_copy_is_said(shelf: Shelf) -> None:
    a = shelf.put("a", picture())

    def of_the_copy(name: str) -> str:
        b = shelf.put("b", COPIES[name](picture()), size=500)
        return compared(shelf, a, b).said(a, b)

    said = {name: of_the_copy(name) for name in COPIES}
    assert said["half the size"].startswith("whole; ")
    assert said["cropped by a tenth"].startswith("cropped to 79%; ")
    assert said["turned right"].startswith("turned by 270°; ")
    assert said["mirrored"].startswith("mirrored; ")
    assert said["brighter"].startswith("in other tones; ")
    assert said["mirrored and turned"].startswith("mirrored, turned by 270°; ")
    assert said["grey"].endswith("points and 100% of the detail agree")


def test_pictures_without_points_are_laid_frame_on_frame_if_their_hashes_agree(shelf: Shelf) -> None:
    across, down = np.meshgrid(np.linspace(0, 9, 640), np.linspace(0, 7, 480))
    waves = (110 + 60 * np.sin(across) * np.sin(down))[..., None].repeat(3, axis=2)
    dunes = Image.fromarray(waves.astype(np.uint8))
    a = shelf.put("a", dunes, fingerprint=hash_with())
    b = shelf.put("b", resized(dunes, 0.6), fingerprint=hash_with(*range(BITS)))
    found = compared(shelf, a, b)
    assert the_sameness(found) > 70
    assert found.said(a, b) == "whole; 100% of the detail agree"
    for other in ({"fingerprint": hash_with(*range(BITS + 1))}, {"width": b.width - 30}):
        assert the_sameness(compared(shelf, a, replace(b, **other))) == 0


# What cameras write


@pytest.mark.parametrize(
    ("ours", "theirs", "other"),
    [
        pytest.param({}, {}, False, id="nothing is known"),
        pytest.param({"taken": NOON}, {}, False, id="one time"),
        pytest.param({"taken": NOON}, {"taken": NOON}, False, id="one moment"),
        pytest.param({"taken": NOON}, {"taken": NOON + timedelta(milliseconds=90)}, True, id="a burst"),
        pytest.param({"taken": NOON}, {"taken": NOON + timedelta(seconds=1)}, True, id="a second later"),
        pytest.param({"taken": NOON}, {"taken": NOON.replace(microsecond=0)}, False, id="parts of a second lost"),
        pytest.param(
            {"taken": NOON}, {"taken": NOON.replace(microsecond=0) + timedelta(seconds=1.3)}, True, id="not lost"
        ),
        pytest.param(
            {"taken": NOON.replace(microsecond=0)},
            {"taken": NOON.replace(microsecond=0) + timedelta(seconds=1)},
            True,
            id="whole seconds",
        ),
        pytest.param({"taken": NOON}, {"taken": NOON + timedelta(hours=2)}, False, id="the clock put right"),
        pytest.param({"taken": NOON}, {"taken": NOON + timedelta(minutes=345)}, False, id="to Nepal"),
        pytest.param({"taken": NOON}, {"taken": NOON + timedelta(minutes=20)}, True, id="by no time zone"),
        pytest.param(
            {"taken": NOON.replace(tzinfo=UTC)},
            {"taken": NOON.replace(tzinfo=timezone(timedelta(hours=2)))},
            False,
            id="one clock on the wall",
        ),
        pytest.param(
            {"taken": NOON}, {"taken": NOON + timedelta(days=1.1), "taken_by_camera": False}, False, id="file"
        ),
        pytest.param({"taken": NOON, "camera": "A"}, {"taken": NOON, "camera": "B"}, True, id="two cameras"),
        pytest.param({"camera": "A"}, {"camera": "B"}, False, id="cameras alone"),
        pytest.param({"exposure": "1/125 s"}, {"exposure": "1/60 s"}, True, id="two exposures"),
        pytest.param({"exposure": "1/125 s"}, {"exposure": ""}, False, id="one exposure known"),
        pytest.param({"exposure": "1/125 s"}, {"exposure": "1/125 s"}, False, id="one exposure"),
    ],
)
def test_another_shot_by_what_the_cameras_wrote(ours: dict[str, Any], theirs: dict[str, Any], other: bool) -> None:
    camera = {"camera": "Box"}
    a, b = photo("a", **{**camera, **ours}), photo("b", **{**camera, **theirs})
    assert other_shot(a, b) == other_shot(b, a) == other


def test_what_the_cameras_wrote_goes_before_the_pixels(shelf: Shelf) -> None:
    a = shelf.put("a", picture(), taken=NOON, camera="Box")
    for facts in ({"taken": NOON + timedelta(seconds=1)}, {"taken": NOON, "camera": "Other"}):
        b = shelf.put("b", saved(picture(), 90), **{"camera": "Box", **facts})
        assert the_sameness(compared(shelf, a, b)) == 0
    b = shelf.put("b", saved(picture(), 90), taken=NOON, camera="Box")
    assert the_sameness(compared(shelf, a, b)) > 80


def test_time_counts_in_what_is_similar(shelf: Shelf) -> None:
    """A cosine that leaves it open, and no points in common."""
    a = shelf.put("a", picture(0), taken=NOON, camera="Box")
    for seconds, least, most in ((10, 45, 55), (300, 10, 20), (2000, 0, 2), (10**6, 0, 1)):
        b = shelf.put("b", picture(1), taken=NOON + timedelta(seconds=seconds), camera="Box")
        found = compared(shelf, a, b, rows=[[1, 0], [0.5, np.sqrt(0.75)]])
        assert least <= found.similar(a, b) <= most


# Twins


def seen(**changes: float) -> Agreement:
    nothing = dict.fromkeys(("off", "slant", "contrast", "shift", "sharpness", "uneven"), 0.0)
    return Agreement(**{**nothing, "covered": 1.0, "detail": 1.0, **changes})


def at(name: str, share: float) -> Agreement:
    """That share of the limit of one difference."""
    value = share * LIMITS[name]
    return seen(**({"covered": 1 - value} if name == "uncovered" else {name: 1 - value if name == "detail" else value}))


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize(("share", "expected"), [(0.0, 100), (0.5, 75), (1.0, 50), (2.0, 0), (9.0, 0)])
def test_each_difference_has_its_limit(name: str, share: float, expected: float) -> None:
    assert sameness(at(name, share), twins=False) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["contrast", "shift", "sharpness"])
def test_differences_count_in_both_directions(name: str) -> None:
    assert sameness(seen(**{name: -LIMITS[name]}), twins=False) == pytest.approx(50)


def test_unevenness_counts_for_more_where_the_tone_changed() -> None:
    assert sameness(seen(uneven=0.3), twins=False) == pytest.approx(75)
    assert sameness(seen(uneven=0.3, contrast=0.06), twins=False) == pytest.approx(50)
    assert sameness(seen(uneven=0.3, shift=-0.03), twins=False) == pytest.approx(50)


@pytest.mark.parametrize("name", EXACT)
def test_twins_must_agree_exactly(name: str) -> None:
    little = at(name, EXACT[name] / LIMITS[name])
    assert sameness(little, twins=True) == pytest.approx(50)
    assert sameness(little, twins=False) > 75


JPEG = {"format": "JPEG", "quality": 90}


@pytest.mark.parametrize(
    ("ours", "theirs", "copy"),
    [
        (JPEG, JPEG, False),
        (JPEG, {"format": "JPEG", "quality": 85}, True),
        (JPEG, {"format": "PNG", "quality": None}, True),
        ({"format": "JPEG", "quality": None}, {"format": "JPEG", "quality": None}, True),
        (JPEG, {**JPEG, "width": 600, "height": 450}, True),
    ],
)
def test_of_one_size_and_one_compression_little_is_too_much(
    ours: dict[str, Any], theirs: dict[str, Any], copy: bool, shelf: Shelf
) -> None:
    """The same change passes for an edit or a messenger's work everywhere else."""
    a, b = shelf.put("a", picture(), **ours), shelf.put("b", brighter(picture(), 1.04), **theirs)
    assert (the_sameness(compared(shelf, a, b)) > 50) == copy


# The work


def album(shelf: Shelf) -> list[Photo]:
    """Two places, each with a copy and a second shot, in sizes that vary."""
    photos = []
    for seed in range(2):
        first = picture(seed)
        photos += [
            shelf.put(f"{seed} first", first),
            shelf.put(f"{seed} copy", saved(resized(first, 0.8), 80)),
            shelf.put(f"{seed} mirrored", COPIES["mirrored"](resized(first, 0.9))),
            shelf.put(f"{seed} second", shot(place(seed), 2)),
        ]
    return photos


def pairs(likeness: Likeness) -> dict[frozenset[str], tuple[float, float, str]]:
    ids = [photo.id for photo in likeness.photos]
    return {
        frozenset((ids[a], ids[b])): (similarity, same, likeness.said(likeness.photos[a], likeness.photos[b]))
        for a, b, similarity, same in zip(
            likeness.first.tolist(),
            likeness.second.tolist(),
            likeness.similarity.tolist(),
            likeness.sameness.tolist(),
            strict=True,
        )
    }


def test_the_order_of_the_files_and_the_number_of_threads_do_not_matter(shelf: Shelf) -> None:
    photos = album(shelf)
    first = pairs(compared(shelf, *photos, workers=1))
    assert len(first) == 8 * 7 // 2
    copies = {tuple(sorted(pair)) for pair, (_, same, _) in first.items() if same >= 50}
    assert copies == {
        pair
        for seed in "01"
        for pair in (
            (f"{seed} copy", f"{seed} first"),
            (f"{seed} first", f"{seed} mirrored"),
            (f"{seed} copy", f"{seed} mirrored"),
        )
    }
    for seed, workers in ((1, 1), (2, 5)):
        random.Random(seed).shuffle(photos)
        assert pairs(compared(shelf, *photos, workers=workers)) == first


def test_only_what_the_encoder_finds_possible_is_looked_at(shelf: Shelf) -> None:
    a, b, c = (shelf.put(name, picture(seed)) for seed, name in enumerate("abc"))
    found = compared(shelf, a, b, c, rows=[[1, 0], [1, 0.1], [-1, 1]])
    assert set(pairs(found)) == {frozenset("ab")}
    assert c.digest not in shelf.asked
    assert found.similar(a, c) == 0


@pytest.mark.parametrize("photos", [[], [photo("a")], [photo("a", comparable=False), photo("b")]])
def test_where_there_are_no_pairs_nothing_is_looked_at(photos: list[Photo], shelf: Shelf) -> None:
    steps: list[Step] = []
    found = compared(shelf, *photos, progress=steps.append)
    assert set(found.photos) == set(photos)
    assert len(found.first) == len(found.second) == len(found.similarity) == len(found.sameness) == 0
    assert [step for step in steps if step.stage == "Comparing photos"] == [Step("Comparing photos", 0, 0, "pair")]
    assert not shelf.asked


def test_progress_counts_up_to_the_total(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_PAIRS", 4)
    steps: list[Step] = []
    photos = [shelf.put(name, picture()) for name in "abcde"]
    compared(shelf, *photos, progress=steps.append)
    compared_so_far = [(step.done, step.total) for step in steps if step.stage == "Comparing photos"]
    assert compared_so_far == [(0, 10), (4, 10), (8, 10), (10, 10)]
    assert {step.stage for step in steps} == {"Finding likely pairs", "Comparing photos"}


@pytest.mark.parametrize("when", [0, 4])
def test_a_person_can_stop_it_at_once(when: int, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_PAIRS", 4)
    looked: list[int] = []
    monkeypatch.setattr(module, "compare_pair", lambda *pair: looked.append(1) or module.PairResult(0))
    photos = [shelf.put(f"{i}", picture()) for i in range(30)]
    before = threading.active_count()

    def stop(step: Step) -> None:
        if (step.stage, step.done) == ("Comparing photos", when):
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        compared(shelf, *photos, workers=2, progress=stop)
    assert len(looked) == when
    assert threading.active_count() == before


def test_an_error_of_one_pair_is_not_swallowed(shelf: Shelf) -> None:
    photos = [shelf.put(f"{i}", picture()) for i in range(6)]
    del shelf.pictures[photos[5].digest]
    before = threading.active_count()
    with pytest.raises(KeyError):
        compared(shelf, *photos, workers=2)
    assert threading.active_count() == before


def test_the_sketch_asked_for_last_is_forgotten_last(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SKETCHES", 2)
    a, b, c = (shelf.put(name, picture()) for name in "abc")
    sketches = Sketches(shelf)
    for one in (a, b, a, c, a):
        _ = sketches.of(one).grey
    assert (shelf.asked[a.digest], shelf.asked[b.digest]) == (1, 1)
    _ = sketches.of(b).grey
    assert shelf.asked[b.digest] == 2


def test_keypoints_are_found_once_even_where_sketches_are_forgotten(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a gallery in which everything looks alike."""
    photos = [shelf.put(f"{i}", resized(picture(i), 0.3), taken=NOON + timedelta(hours=i)) for i in range(9)]
    whole = compared(shelf, *photos)
    shelf.asked.clear()
    monkeypatch.setattr(module, "SKETCHES", 2)
    monkeypatch.setattr(module, "PARTS", (4, 1))
    assert pairs(compared(shelf, *photos)) == pairs(whole)
    assert set(shelf.asked.values()) == {1}


def test_many_connected_photos_are_compared_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PARTS", (8, 2))
    photos = [photo(f"{i:02}", taken=NOON + timedelta(hours=i)) for i in range(16)]
    ordered = module._in_reach(random.Random(0).sample(list(combinations(photos, 2)), 120))
    assert len(set(ordered)) == 120
    for size, tiles in ((2, 36), (8, 3)):
        ends = [tuple(sorted(photos.index(one) // size for one in pair)) for pair in ordered]
        assert sum(one != other for one, other in pairwise(ends)) + 1 == tiles


def test_memory_stays_bounded_over_many_pairs(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SKETCHES", 4)
    kept: list[int] = []

    class Counted(Sketches):
        def of(self, photo: Photo) -> Any:
            found = super().of(photo)
            kept.append(len(self._kept))
            return found

    monkeypatch.setattr(module, "Sketches", Counted)
    photos = [shelf.put(f"{i}", resized(picture(), 0.1)) for i in range(7)]
    one = pairs(compared(shelf, *photos, workers=3))
    assert max(kept) <= 4
    monkeypatch.setattr(module, "SKETCHES", 100)
    assert pairs(compared(shelf, *photos, workers=3)) == one


def test_a_look_at_strangers_finds_nothing(shelf: Shelf) -> None:
    a, b = shelf.put("a", picture(0)), shelf.put("b", picture(1))
    found = compare_pair(a, b, Sketches(shelf), BITS)
    assert (found.points, found.sameness, found.how) == (0, 0.0, "")
    grey = shelf.put("grey", Image.new("RGB", (640, 480), (90, 90, 90)))
    assert (
        compare_pair(
            grey, shelf.put("other", Image.new("RGB", (640, 480), (91, 90, 90))), Sketches(shelf), 256
        ).sameness
        == 0
    )


def test_an_encoder_alone_does_not_make_a_moment() -> None:
    """However alike two drawings or screenshots are to it, with nothing in common and no time they stay apart."""
    assert float(percent(np.array(ALONE + NO_POINTS))) < Settings().thresholds.similar
    assert float(percent(np.array(ALONE + NO_POINTS + TIMES[1][1]))) > Settings().thresholds.similar


# What need not be laid on each other


def test_what_encoder_and_clock_are_certain_of_is_not_laid_and_said_the_same(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if no keypoint agrees, as here, and if all do."""
    pictures = [picture(0), picture(1), SECOND_SHOTS["somebody walked on"](place(0)), COPIES["brighter"](picture(0))]
    photos = [
        shelf.put(f"{i}", one, taken=NOON + timedelta(seconds=12 * i), camera="Box", exposure="1/125 s")
        for i, one in enumerate(pictures)
    ]
    cheap = compared(shelf, *photos)
    assert not shelf.asked
    monkeypatch.setattr(module, "CERTAIN", np.inf)
    dear = compared(shelf, *photos)
    assert shelf.asked
    assert min(cheap.similarity.min(), dear.similarity.min()) >= 99
    assert cheap.sameness.tolist() == dear.sameness.tolist() == [0.0] * 6


@pytest.mark.parametrize(
    "other",
    [
        {"taken": NOON + timedelta(seconds=12), "camera": "Box", "seed": 0, "turned": 0.7},  # not so sure of it
        {"taken": NOON + timedelta(minutes=5), "camera": "Box", "seed": 0},  # neither the clock
        {"taken": NOON + timedelta(seconds=9), "camera": "Box", "seed": 1},  # the next shot of a panorama
        {"taken": NOON, "camera": "Box", "seed": 0},  # a copy
        {"seed": 0},
    ],
)
def test_what_may_be_a_copy_or_is_not_certain_is_laid(other: dict[str, Any], shelf: Shelf) -> None:
    turned = other.pop("turned", 1.0)
    a = shelf.put("a", picture(), taken=NOON, camera="Box")
    b = shelf.put("b", picture(other.pop("seed")), **other)
    compared(shelf, a, b, rows=np.array([[1, 0], [turned, np.sqrt(1 - turned**2)]]) if turned < 1 else None)
    assert set(shelf.asked) == {a.digest, b.digest}
