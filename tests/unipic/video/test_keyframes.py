"""The frames that tell a film: the best of each shot, none in a transition, remembered, the same after any stop."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from tests.helpers.filmed import walk, write_film
from tests.helpers.pictures import PlainEncoder, scene

from unipic.core.errors import AlreadyThere, Cancelled
from unipic.core.photo import Found
from unipic.core.progress import Step
from unipic.core.settings import FilmLimits, Limits
from unipic.destinations.keyframes import planned, write_pictures
from unipic.library.index import StoredIndex
from unipic.library.thumbnails import Thumbnails
from unipic.reading.engines.base import Failure
from unipic.sources import base
from unipic.video import gathered as gathering
from unipic.video.candidates import MOST, Candidate, thinned
from unipic.video.film import NotAFilm
from unipic.video.gathered import rows_for
from unipic.video.keyframe_groups import Grouped
from unipic.video.keyframes import Asked, Closed, Ended, chosen, look
from unipic.video.shots import Shot
from unipic.video.telling import Telling, Wish
from utils import keyframes as story

SIZE = (160, 120)
Frames = list[np.ndarray]
Tell = Callable[..., Telling]


def still(seed: int, count: int) -> Frames:
    tint = np.array([(0, 40, 80), (80, 0, 40), (40, 80, 0), (0, 0, 90), (90, 90, 0)][seed % 5])
    picture = np.clip(np.asarray(scene(seed, *SIZE)).astype(int) + tint - 40, 0, 255).astype(np.uint8)
    return [picture] * count


def blurred(frames: Frames, sigma: float) -> Frames:
    return [cv2.GaussianBlur(frame, (0, 0), sigma) for frame in frames]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """The first place, sharp late; another; black for long; the first again, dissolved into a third."""
    black = [np.zeros((SIZE[1], SIZE[0], 3), np.uint8)] * 70
    first = blurred(still(1, 30), 3) + still(1, 20)
    last, third = still(1, 40), still(3, 50)
    mix = [
        (a * (1 - n / 13) + b * (n / 13)).astype(np.uint8)
        for n, (a, b) in enumerate(zip(last[:12], third[:12], strict=True), 1)
    ]
    frames = first + still(2, 40) + black + last[12:] + mix + third[12:]
    tags = {"creation_time": "2024-08-11T06:32:40.000000Z"}
    return write_film(tmp_path / "film.mov", frames, tags=tags)


@pytest.fixture
def tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tell]:
    """The story with a memory that stays, in this process."""
    monkeypatch.setattr(base, "NEW", 0)
    monkeypatch.setattr(gathering, "in_worker", lambda task, item, limits=None: task(item))

    def run(path: Path, wish: Wish = Wish(), memory: str = "memory", progress: Any = None, **asked: Any) -> Telling:  # noqa: B008
        index = StoredIndex(tmp_path / memory, Thumbnails(tmp_path / memory / "thumbs"), Limits())
        wanted = Asked("", **asked)
        try:
            rows = rows_for(wanted, PlainEncoder(), index)
            tools: Any = type("Tools", (), {"encoder": PlainEncoder()})
            run.rows = rows  # type: ignore[attr-defined]
            return story(found(path), wanted, wish, tools, rows, *([progress] if progress else []))
        finally:
            index.close()

    return run


def found(path: Path) -> Found:
    status = path.stat()
    return Found(str(path), path.name, str(path), status.st_size, base.stamp(status))


def times(telling: Telling) -> list[float]:
    return [round(frame.candidate.seconds, 2) for frame in telling.best]


def test_the_pictures_that_tell_a_film(film: Path, tell: Tell) -> None:
    telling = tell(film)
    shots = telling.gathered.shots
    assert [shot.technical for shot in shots] == ["", "", "black", "", ""]
    assert dict(telling.technical())["black"] == pytest.approx(2.8, abs=0.2)
    assert len(telling.best) == 3, "the first place is there twice, black is not there"
    first = telling.best[0] if telling.best[0].shot == 1 else telling.best[1]
    others = [frame.candidate.seconds for frame in telling.also(first)]
    assert len(others) == 1
    for frame in telling.frames:
        shot = shots[frame.shot - 1]
        assert shot.clear_from <= frame.candidate.seconds <= shot.clear_to, "none in a transition"
    sharp = next(frame for frame in telling.frames if frame.shot == 1)
    assert sharp.candidate.seconds >= 30 / 25, "not the first, the sharp one"


def test_technical_frames_are_kept_if_wanted(film: Path, tell: Tell) -> None:
    telling = tell(film, Wish(keep_technical=True))
    assert "black" in [frame.candidate.technical for frame in telling.best]


def test_an_all_black_film_has_no_picture(tmp_path: Path, tell: Tell) -> None:
    path = write_film(tmp_path / "a.mp4", [np.zeros((SIZE[1], SIZE[0], 3), np.uint8)] * 50)
    telling = tell(path)
    assert telling.best == ()
    assert dict(telling.technical()) == {"black": pytest.approx(2.0, abs=0.05)}


@pytest.mark.parametrize("count", [1, 3, 12])
def test_a_film_of_a_moment_is_one_shot_with_a_picture(count: int, tmp_path: Path, tell: Tell) -> None:
    telling = tell(write_film(tmp_path / "a.mp4", still(1, count)))
    assert len(telling.gathered.shots) == 1
    assert len(telling.best) == (1 if count > 4 else 0), "a shot below a fifth of a second is listed alone"


def test_more_than_one_where_the_view_changes(tmp_path: Path, tell: Tell) -> None:
    path = write_film(tmp_path / "a.mp4", walk(5, 6.0, (320, 240)))
    many, one = tell(path), tell(path, Wish(per_shot="1"))
    assert len(many.gathered.shots) == len(one.frames) == 1
    assert 1 <= len(many.frames) <= 5
    assert one.gathered.remembered


def test_every_so_many_seconds_and_the_beginning_alone(tmp_path: Path, tell: Tell) -> None:
    path = write_film(tmp_path / "a.mp4", walk(5, 4.0, SIZE))
    assert [round(shot.start, 2) for shot in tell(path, every=1.0).gathered.shots] == [0.0, 1.0, 2.0, 3.0]
    assert tell(path, limit=1.0).gathered.shots[-1].end == pytest.approx(1.0, abs=0.05)


def test_fast_looks_at_frames_that_need_no_other(tmp_path: Path, tell: Tell) -> None:
    path = write_film(tmp_path / "a.mp4", walk(5, 4.0, SIZE), options={"preset": "ultrafast", "g": "25"})
    telling = tell(path, fast=True)
    assert [round(frame.candidate.seconds, 2) for frame in telling.gathered.frames] == [0.0, 1.0, 2.0, 3.0]


def test_the_second_run_opens_no_film(film: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tell(film)
    monkeypatch.setattr(gathering, "in_worker", lambda *_: pytest.fail("the film was opened"))
    monkeypatch.setattr(gathering, "hash_file", lambda *_: pytest.fail("the film was read"))
    second = tell(film)
    assert second.gathered.remembered
    assert not first.gathered.remembered
    assert times(second) == times(first)
    assert second.gathered.shots == first.gathered.shots
    assert len(tell(film, Wish(grouped=Grouped(count=2))).best) == 2, "another wish costs nothing"


@pytest.mark.parametrize("after", range(1, 6, 2))
def test_a_stopped_run_goes_on_and_ends_with_the_same_pictures(after: int, film: Path, tell: Tell) -> None:
    whole, told = tell(film, memory="other"), itertools.count()

    def stop(step: Step) -> None:
        if step.total and next(told) == after:
            raise Cancelled

    with pytest.raises(Cancelled):
        tell(film, progress=stop)
    again = tell(film)
    assert not again.gathered.remembered
    assert list(again.gathered.shots) == list(whole.gathered.shots)
    assert [(f.name, f.score, f.rank) for f in again.gathered.frames] == [
        (f.name, f.score, f.rank) for f in whole.gathered.frames
    ]


@pytest.mark.parametrize("start", [3, 14])
def test_a_pass_that_goes_on_at_a_shot_finds_what_one_from_the_beginning_does(start: int, tmp_path: Path) -> None:
    """Long enough that what is due depends on what was before, and shots are thinned."""
    frames = [frame for number in range(16) for frame in still(number, 40 + 7 * (number % 3))]
    path = str(write_film(tmp_path / "a.mp4", frames, options={"preset": "ultrafast", "crf": "30"}))
    whole = [told for told in look(Asked(path, 25.0)) if isinstance(told, Closed)]
    before = whole[start - 1].shot
    asked = Asked(
        path, 25.0, start=before.start, number=before.number, kind_in=before.kind_in, clear_from=before.clear_from
    )
    rest = [told for told in look(asked) if isinstance(told, Closed)]
    assert [one.shot for one in rest] == [one.shot for one in whole[start - 1 :]]
    assert [[(p.candidate.seconds, p.score) for p in one.picks] for one in rest] == [
        [(p.candidate.seconds, p.score) for p in one.picks] for one in whole[start - 1 :]
    ]


def candidate(at: int, **facts: Any) -> Candidate:
    small = np.full((3, 18, 32), at % 200, np.uint8)
    return replace(Candidate(at * 0.5, at, 64, 36, small, 1.0, 0.0, 1.0, "", at), **facts)


def test_of_a_long_shot_few_candidates_are_kept_whenever_they_are_thinned() -> None:
    everything = [candidate(at) for at in range(1000)]
    for at_once in (1, 7, 60):
        some, gap = list[Candidate](), 1
        for start in range(0, len(everything), at_once):
            some, gap = thinned([*some, *everything[start : start + at_once]], gap)
            assert len(some) <= 2 * MOST
        assert [one.slot for one in some] == [one.slot for one in thinned(everything)[0]]


def test_sharp_still_and_lit_win_and_the_middle_breaks_ties() -> None:
    shot = Shot(1, 0.0, 4.0, 0.0, 4.0, "start")
    same = np.zeros((3, 18, 32), np.uint8)
    equal = [candidate(at, small=same) for at in range(9)]
    assert [pick.candidate.slot for pick in chosen(equal, shot)] == [4]
    for worse in ({"sharpness": 0.5}, {"motion": 6.0}, {"exposure": 0.2}):
        assert chosen([candidate(4, small=same, **worse), candidate(1, small=same)], shot)[0].candidate.slot == 1
    assert chosen([], shot) == ()


def test_files_are_written_whole_and_say_where_they_are_from(film: Path, tell: Tell, tmp_path: Path) -> None:
    telling, out = tell(film), tmp_path / "out"
    paths = write_pictures(telling, tell.rows, out, "jpg")  # type: ignore[attr-defined]
    assert [path.name for path in paths] == planned(telling, "jpg") == sorted(path.name for path in out.iterdir())
    assert paths[0].name.startswith("film_0001_00-00-") or paths[0].name.startswith("film_0002_00-00-")
    with Image.open(paths[0]) as image:
        exif, xmp = image.getexif(), image.info["xmp"].decode()
        assert image.size == SIZE
        assert exif[0x0131] == "Unipic"
        its = exif.get_ifd(0x8769)
    seconds = telling.best[0].candidate.seconds
    assert its[0x9003] == f"2024:08:11 06:32:{40 + int(seconds):02d}"
    assert its[0x9011] == "+00:00"
    assert len(its[0xA420]) == 32
    assert telling.gathered.film.digest in xmp
    assert "film.mov" in xmp
    assert f'unipic:pts="{telling.best[0].candidate.pts}"' in xmp
    before = {path: path.stat().st_mtime_ns for path in paths}
    write_pictures(telling, tell.rows, out, "jpg")  # type: ignore[attr-defined]
    assert {path: path.stat().st_mtime_ns for path in paths} == before, "what is right already stays"
    paths[0].write_bytes(b"somebody's own")
    with pytest.raises(AlreadyThere):
        write_pictures(telling, tell.rows, out, "jpg")  # type: ignore[attr-defined]
    assert paths[0].read_bytes() == b"somebody's own"


def test_png_without_loss(film: Path, tell: Tell, tmp_path: Path) -> None:
    telling = tell(film, format="png")
    path = write_pictures(telling, tell.rows, tmp_path / "out", "png")[0]  # type: ignore[attr-defined]
    with Image.open(path) as image:
        image.load()
        assert image.format == "PNG"
        assert image.size == SIZE
        assert telling.gathered.film.digest in image.info["XML:com.adobe.xmp"]
        assert image.getexif()[0x0131] == "Unipic"


def test_a_film_that_breaks_its_decoder_keeps_what_was_found(
    film: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(task: Any, item: Any, limits: Any = None) -> Iterator[Any]:
        closed = 0
        for told in task(item):
            if isinstance(told, Ended):
                return
            yield told
            closed += isinstance(told, Closed)
            if closed == 2:
                yield Failure("crashed")
                return

    monkeypatch.setattr(gathering, "in_worker", dying)
    telling = tell(film)
    assert len(telling.gathered.shots) == 2
    assert "stopped at 00:00:0" in telling.gathered.problem
    assert telling.best


def test_what_is_no_film_is_named(tmp_path: Path, tell: Tell) -> None:
    (tmp_path / "a.mp4").write_text("no film")
    with pytest.raises(NotAFilm):
        tell(tmp_path / "a.mp4")


def test_longer_than_allowed(film: Path) -> None:
    *_, ended = look(Asked(str(film), 25.0, limits=FilmLimits(film_hours=1 / 3600)))
    assert isinstance(ended, Ended)
    assert "hours" in ended.stopped
    assert ended.seconds <= 1.05


def test_names_of_films_are_data(film: Path, tell: Tell, tmp_path: Path) -> None:
    odd = film.rename(tmp_path / '<b>& "x" ..\n.mov')
    telling = tell(odd)
    paths = write_pictures(telling, tell.rows, tmp_path / "out", "jpg")  # type: ignore[attr-defined]
    assert all(path.parent == tmp_path / "out" for path in paths)
    with Image.open(paths[0]) as image:
        assert "&lt;b&gt;&amp;" in image.info["xmp"].decode()
    json.dumps(planned(telling, "jpg"))


@pytest.mark.parametrize("sharp_at", [4, 9])
def test_the_sharpest_of_a_half_second_is_found_wherever_it_is(sharp_at: int, tmp_path: Path, tell: Tell) -> None:
    """A hand that shakes: of twelve frames one is sharp."""
    clear, soft = still(1, 1)[0], blurred(still(1, 1), 2)[0]
    frames = [clear if number % 12 == sharp_at else soft for number in range(72)]
    (frame,) = tell(write_film(tmp_path / "a.mp4", frames, options={"crf": "10", "preset": "ultrafast"})).best
    assert abs(round(frame.candidate.seconds * 25) % 12 - sharp_at) <= 1


def test_the_best_is_sharper_than_most_of_its_shot_even_if_another_is_better_lit() -> None:
    shot = Shot(1, 0.0, 4.0, 0.0, 4.0, "start")
    lit, sharp = candidate(2, sharpness=0.5), candidate(5, sharpness=0.7, exposure=0.0)
    assert chosen([lit, sharp], shot)[0].candidate is lit
    assert chosen([lit, sharp], shot, 0.6)[0].candidate is sharp
    assert chosen([lit, sharp], shot, 0.9)[0].candidate is lit, "if none is as sharp, all count"
