"""Cameras whose clocks disagree: proposed by several shared scenes, and by no fewer."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from unipic.albums.clocks import Offset, offsets_of
from unipic.albums.events import events_of
from unipic.albums.saying import judge
from unipic.albums.shots import Shot, in_order
from unipic.library.events import EventRulings
from unipic.vision.base import Calibration

CALIBRATION = Calibration(middle=0.8, slope=20.0)
START = datetime(2018, 7, 14, 10)
AHEAD = 4380.0  # seconds


class Wedding:
    """Two cameras at one feast; scene n looks like nothing but scene n."""

    def __init__(self, scenes: int, ahead: float, jitter: float = 5.0, aware: bool = True) -> None:
        self.looks: dict[str, np.ndarray] = {}
        offset = "+02:00" if aware else ""
        self.shots = []
        for scene in range(scenes):
            at = START + timedelta(minutes=20 * scene)
            for shot in range(3):
                self.shots.append(self.take(f"p{scene}{shot}", at, "Pixel", scene, offset))
                when = at + timedelta(seconds=ahead + jitter * shot)
                self.shots.append(self.take(f"c{scene}{shot}", when, "Canon", scene))
        self.shots.append(self.take("p-last", START + timedelta(hours=9), "Pixel", 99, offset))

    def take(self, digest: str, when: datetime, camera: str, scene: int, offset: str = "") -> Shot:
        look = np.random.default_rng(scene).normal(size=64)
        self.looks[digest] = (look / np.linalg.norm(look)).astype(np.float16)
        return Shot(digest, datetime.fromisoformat(when.isoformat() + offset), camera=camera)

    def vectors(self, digests: Iterable[str]) -> dict[str, np.ndarray]:
        return {digest: self.looks[digest] for digest in digests}

    def offsets(self, settled: frozenset[str] = frozenset()) -> list[Offset]:
        dated, _ = in_order(self.shots, {})
        return offsets_of(dated, self.vectors, CALIBRATION, settled)


@pytest.mark.parametrize("ahead", [AHEAD, -AHEAD, 12 * 3600.0])
def test_an_offset_that_scenes_agree_on_is_proposed(ahead: float) -> None:
    wedding = Wedding(4, ahead)
    (offset,) = wedding.offsets()
    assert (offset.camera, offset.other, offset.scenes) == ("Canon", "Pixel", 4)
    assert abs(offset.seconds - ahead) <= 15
    assert set(offset.digests) == {one.digest for one in wedding.shots if one.camera == "Canon"}
    assert wedding.offsets(frozenset(offset.digests)) == [], "a person judged it"


def test_the_camera_with_more_photos_is_believed_where_no_telephone_is() -> None:
    (offset,) = Wedding(4, AHEAD, aware=False).offsets()
    assert (offset.camera, offset.other) == ("Canon", "Pixel")


def test_what_tells_too_little_is_not_proposed() -> None:
    assert Wedding(2, AHEAD).offsets() == [], "two scenes"
    assert Wedding(4, 60.0).offsets() == [], "a minute changes no event"
    assert Wedding(4, AHEAD, jitter=400.0).offsets() == [], "they do not agree"
    nothing = Wedding(4, AHEAD)
    nothing.looks = {digest: np.eye(64, dtype=np.float16)[n % 64] for n, digest in enumerate(nothing.looks)}
    assert nothing.offsets() == [], "no scene is shared"


def test_what_is_judged_is_kept_and_proposed_no_more(tmp_path: Path) -> None:
    wedding, rulings = Wedding(4, 12 * 3600.0), EventRulings(tmp_path)
    (offset,) = wedding.offsets()
    assert len([event for event in events_of(wedding.shots).events if event.kind == "event"]) == 2
    judge(rulings, offset, accepted=True)
    (event, day) = events_of(wedding.shots, rulings.all()).events
    assert (len(event.digests), day.digests) == (24, ("p-last",)), "both cameras, one feast"
    assert rulings.undo() is not None
    judge(rulings, offset, accepted=False)
    assert events_of(wedding.shots, rulings.all()).events == events_of(wedding.shots).events
