"""The pictures that tell a film: its frames without the technical ones, put together by scene."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

import numpy as np

from unipic.video.gathered import FilmFrame, Gathered, clock
from unipic.video.keyframe_groups import Grouped, Scene, scenes
from unipic.vision.base import Calibration


@dataclass(frozen=True)
class Wish:
    """Which frames of what was gathered are wanted, and how they are put together."""

    per_shot: Literal["auto", "1"] = "auto"  # more than one where the view changes, or the best alone
    keep_technical: bool = False
    grouped: Grouped = field(default_factory=Grouped)


@dataclass(frozen=True)
class Telling:
    """Frames of a film by scene."""

    gathered: Gathered
    frames: tuple[FilmFrame, ...]  # in the order of time
    scenes: tuple[Scene, ...]  # of them

    @property
    def best(self) -> tuple[FilmFrame, ...]:
        """The picture of each scene, in the order of time."""
        return tuple(self.frames[at] for at in sorted(scene.best for scene in self.scenes))

    @property
    def singles(self) -> int:
        """Scenes of one frame."""
        return sum(len(scene.members) == 1 for scene in self.scenes)

    def also(self, frame: FilmFrame) -> tuple[FilmFrame, ...]:
        """The other frames of the scene that a frame stands for."""
        scene = next(scene for scene in self.scenes if self.frames[scene.best] is frame)
        return tuple(self.frames[at] for at in scene.members if at != scene.best)

    def technical(self) -> Iterator[tuple[str, float]]:
        """Each kind of shot that shows nothing, with its seconds in all."""
        kinds = [shot for shot in self.gathered.shots if shot.technical]
        for kind in sorted({shot.technical for shot in kinds}):
            yield kind, sum(shot.seconds for shot in kinds if shot.technical == kind)


def tell(gathered: Gathered, wish: Wish, calibration: Calibration) -> Telling:
    """Choose and put together: arithmetic alone, so that another wish costs nothing."""
    technical = {shot.number for shot in gathered.shots if shot.technical}
    frames = tuple(
        frame
        for frame in gathered.frames
        if (wish.keep_technical or frame.shot not in technical) and (wish.per_shot == "auto" or frame.rank == 0)
    )
    if not frames:
        return Telling(gathered, (), ())
    vectors = np.stack([frame.vector for frame in frames])
    found = scenes(vectors, [frame.candidate for frame in frames], wish.grouped, calibration)
    return Telling(gathered, frames, tuple(found))


def picture_name(film_name: str, frame: FilmFrame, ending: str) -> str:
    """ "clip_0012_00-03-41.250.jpg": film, shot and time."""
    time = clock(frame.candidate.seconds).replace(":", "-")
    return f"{PurePosixPath(film_name).stem}_{frame.shot:04d}_{time}.{ending}"
