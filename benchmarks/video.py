"""Shots, technical frames and keyframes: on clips with truth, on made-up clips, and on a long one."""

import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from PIL import Image, ImageOps

from benchmarks.video_clips import RATE, Event, Studio, clips, photos_in, write
from unipic.core.settings import PROJECT
from unipic.video._signals import HEIGHT, WIDTH
from unipic.video.decode import Decoder
from unipic.video.detectors import NAMES, detector, installed
from unipic.video.film import probe
from unipic.video.keyframes import Asked, Closed, look
from unipic.video.technical import technical

PHOTOS = PROJECT.parent / "shared" / "photos"
SIDE = 1280  # pixels that photos are judged at, as a film's frames would be
GRADUAL = 12  # frames around the middle of a transition of which only the middle is known
SCENES = 42  # of the long clip


@dataclass
class Score:
    """Cuts found and not, of one detector."""

    right: int = 0
    extra: int = 0
    missed: int = 0
    exact: int = 0  # hard cuts found to the frame
    hard: int = 0
    frames: int = 0
    seconds: float = 0.0  # of processor time, with decoding
    by_kind: dict[str, list[int]] = field(default_factory=dict)  # found, of

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 where there was nothing to find and nothing was."""
        whole = 2 * self.right + self.extra + self.missed
        return 2 * self.right / whole if whole else 1.0

    def row(self, name: str) -> str:
        precision = self.right / max(1, self.right + self.extra)
        recall = self.right / max(1, self.right + self.missed)
        kinds = ", ".join(f"{kind} {a}/{b}" for kind, (a, b) in sorted(self.by_kind.items()))
        exact = f"{self.exact}/{self.hard}"
        return (
            f"{name:12} {precision:.3f} {recall:.3f} {self.f1:.3f}   {exact:>8}   {self.extra:4}   "
            f"{self.frames / max(1e-9, self.seconds):6,.0f}   {kinds}"
        )


def run(amount: int = 0, long: int = 0) -> None:
    """`long`: frames of the long clip, 0 for none."""
    names = [name for name in NAMES if not installed(name)]
    with tempfile.TemporaryDirectory() as folder:
        if (PHOTOS / "video" / "cuts.csv").exists():
            _shots("clips with truth", list(_dev()), names)
        for half, seed in ((0, 1), (1, 2), (1, 31), (0, 32)):
            title = f"made-up clips, of photos {'not ' if half else ''}in view, seed {seed}"
            made = list(_made(Path(folder) / str(seed), half, seed))
            _shots(title, made, names if seed < 3 else names[:1])
            _chosen(title, made)
        _technical()
        if long:
            _long(Path(folder), long)
            _memory(Path(folder))


Clip = tuple[Path, list[Event]]


def _dev() -> Iterator[Clip]:
    truth: dict[str, list[Event]] = {}
    for row in csv.DictReader((PHOTOS / "video" / "cuts.csv").open()):
        at, around = int(row["frame"]), 0 if row["type"] == "hard" else GRADUAL
        truth.setdefault(row["video"], []).append(Event(at - around, at + around, row["type"]))
    for path in sorted((PHOTOS / "video").glob("*/*")):
        yield path, truth.get(f"{path.parent.name}/{path.name}", [])


def _made(folder: Path, half: int, seed: int) -> Iterator[Clip]:
    folder.mkdir()
    for clip in clips(photos_in(PHOTOS / "gallery_dev", half), seed):
        path = folder / f"{clip.name}.mp4"
        write(clip.frames, path)
        yield path, clip.events


def _shots(title: str, some: Sequence[Clip], names: Sequence[str]) -> None:
    print(f"{title}: {len(some)} clips, {sum(len(events) for _, events in some)} changes of shot, within one frame")
    print(f"{'':12} P     R     F1      to the frame   extra  frames/s")
    for name in names:
        score = Score()
        for path, events in some:
            _score(path, events, name, score)
        print(score.row(name), flush=True)
    print()


def _score(path: Path, events: Sequence[Event], name: str, score: Score) -> None:
    begun, times, cuts = time.process_time(), [], []
    its = detector(name, probe(path).fps)
    for picture in Decoder(path):
        times.append(picture.seconds)
        cuts += its.see(picture, picture.planes(WIDTH, HEIGHT))
    cuts += its.end()
    score.seconds += time.process_time() - begun
    score.frames += len(times)
    left = [int(np.abs(np.array(times) - cut.at).argmin()) for cut in cuts]
    for event in events:
        hits = [at for at in left if event.first - 1 <= at <= event.last + 1]
        kind = score.by_kind.setdefault(event.kind.split("_")[0], [0, 0])
        kind[1] += 1
        score.hard += event.kind == "hard"
        if hits:
            _, best = min((abs(at - (event.first + event.last) / 2), at) for at in hits)
            left.remove(best)
            score.right, kind[0] = score.right + 1, kind[0] + 1
            score.exact += event.kind == "hard" and best == event.first
        else:
            score.missed += 1
    score.extra += len(left)


def _chosen(title: str, some: Sequence[Clip]) -> None:
    """Whether the frames chosen are sharp for their shot, and none lies in a true transition."""
    shots = lost = sharper = sharper_clear = inside = 0
    for path, events in some:
        film = probe(path)
        mixed = [(event.first, event.last) for event in events if event.kind != "hard"]
        for told in look(Asked(str(path), film.fps)):
            if not isinstance(told, Closed) or told.shot.technical:
                continue
            shots += 1
            lost += not told.picks and told.shot.seconds >= 0.2
            if told.picks:
                found = _sharp(path, told, film.fps)
                at = round(told.picks[0].candidate.seconds * film.fps)
                clear = [its for frame, its in found.items() if not any(a < frame < b for a, b in mixed)]
                inside += any(a < at < b for a, b in mixed)
                sharper += bool(found[at] >= np.median([*found.values()]))
                sharper_clear += bool(found[at] >= np.median(clear or [*found.values()]))
    print(f"{title}: {shots} shots, {lost} lost, {inside} chosen within a true transition")
    print(
        f"  at least as sharp as the median of its shot: {sharper}, of the frames without transitions: {sharper_clear}"
    )


def _sharp(path: Path, told: Closed, fps: float) -> dict[int, float]:
    """The sharpness of each frame of a shot, by its number: as RGB, which is not how the frame was chosen."""
    found = {}
    for picture in Decoder(path, told.shot.start):
        if picture.seconds >= told.shot.end - 1e-6:
            break
        light = cv2.cvtColor(picture.picture((640, 360)), cv2.COLOR_RGB2GRAY).astype(np.float32)
        variance = float(cv2.Laplacian(light, cv2.CV_32F).var() / max(1.0, float(light.var())))
        found[round(picture.seconds * fps)] = variance
    return found


def _technical() -> None:
    """Real photos that would be taken for technical frames."""
    seen, dropped = 0, []
    for half in (0, 1):
        for path in photos_in(PHOTOS / "gallery_dev", half):
            try:
                with Image.open(path) as image:
                    image.draft("RGB", (SIDE, SIDE))
                    picture = ImageOps.exif_transpose(image).convert("RGB")
            except OSError:
                continue
            picture.thumbnail((SIDE, SIDE))
            seen += 1
            if kind := technical(np.asarray(picture)):
                dropped.append(f"{path.name} ({kind})")
    named = f": {', '.join(dropped)}" if dropped else ""
    print(f"technical frames: {len(dropped)} of {seen} real photos dropped{named}\n")


# The long clip.

OURS = """
import json, resource, sys, time
from pathlib import Path
from unipic.core.machine import give_back_freed_memory
from unipic.video import gathered
from unipic.video.keyframes import Asked, look
gathered.in_worker = lambda task, item, limits=None: task(item)
what, path, out = sys.argv[1:]
if what != "keyframes":  # as in a worker
    give_back_freed_memory()
if what == "decode":
    from unipic.video.decode import Decoder
    found = sum(1 for _ in Decoder(path))
elif what in ("shots", "frames"):
    from unipic.video.film import probe
    from unipic.video.keyframes import Closed
    told = look(Asked(path, probe(path).fps, pictures=what == "frames"))
    found = [[one.shot.start, len(one.picks)] for one in told if isinstance(one, Closed)]
else:
    from typer.testing import CliRunner
    import main
    done = CliRunner().invoke(main.app, ["video", "keyframes", path, "--to", out, "--fresh", "--offline", "--json"])
    found = json.loads(done.stdout)["films"][0]
    found = {"shots": len(found["shots"]), "frames": found["frames"], "pictures": len(found["pictures"])}
use = resource.getrusage(resource.RUSAGE_SELF)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # ru_maxrss has the parent's too
print(json.dumps({"cpu": use.ru_utime + use.ru_stime, "memory": int(peak.split()[1]) * 1024, "found": found}))
"""


def _long(folder: Path, count: int) -> None:
    path, plan = folder / "long.mp4", list(_plan(count))
    if not path.exists():
        write(_scenes(plan), path, preset="ultrafast", g="125")
    events = set(np.cumsum([length for _, length in plan])[:-1].tolist())
    print(f"a long clip: {count:,} frames at 1280 x 720, {len(events)} cuts, {len(dict(plan))} scenes")
    for what in ("decode", "theirs", "keyframes", "shots", "frames"):
        if what == "theirs":
            _theirs(path, folder / "theirs", count)
            continue
        told = _timed([sys.executable, "-c", OURS, what, str(path), str(folder / "out")])
        line = f"{what:10} {told['cpu']:7.1f} s processor time, {count / told['cpu']:6,.0f} frames/s, "
        line += f"{told['memory'] / 1e6:5,.0f} MB"
        if what == "shots":
            at = {round(start * RATE) for start, _ in told["found"][1:]}
            line += f"; {len(at & events)} of {len(events)} cuts to the frame, {len(at - events)} extra"
        if what == "frames":
            line += f"; {sum(not picks for _, picks in told['found'])} shots lost"
        if what == "keyframes":
            line += f"; {told['found']}"
        print(line, flush=True)


def _theirs(path: Path, out: Path, count: int) -> None:
    """The same by PySceneDetect's command."""
    command = [sys.executable, "-m", "scenedetect", "-i", str(path), "-o", str(out), "detect-adaptive", "save-images"]
    begun = _children()
    subprocess.run(command, check=True, capture_output=True)
    spent = _children() - begun
    written = len(list(out.glob("*.jpg")))
    print(f"scenedetect {spent:7.1f} s processor time, {count / spent:6,.0f} frames/s; {written} images", flush=True)
    shutil.rmtree(out)


def _plan(count: int) -> Iterator[tuple[int, int]]:
    """Scenes with their frames, of 60 to 160, that come back to a few."""
    chance, scene, made = np.random.default_rng(7), -1, 0
    while made < count:
        scene = int(chance.choice([at for at in range(_scene_count(count)) if at != scene]))
        length = min(int(chance.integers(60, 160)), count - made)
        made += length
        yield scene, length


def _scene_count(count: int) -> int:
    return min(SCENES, max(2, count // 300))


def _scenes(plan: Sequence[tuple[int, int]], size: tuple[int, int] = (1280, 720)) -> Iterator[np.ndarray]:
    studio = Studio([*photos_in(PHOTOS / "gallery_dev", 0)], 7, size)
    photos = [studio.photo() for _ in range(1 + max(scene for scene, _ in plan))]
    for scene, length in plan:
        yield from studio.shot(length, photos[scene])


def _memory(folder: Path) -> None:
    """Peak memory of a film and of one several times as long, by size."""
    print("peak memory of finding shots and their best frames")
    for size, times in (((1920, 1080), (4, 16)), ((3840, 2160), (4, 8))):
        piece = folder / f"{size[1]}.mp4"
        write(_scenes(list(_plan(300)), size), piece, preset="ultrafast", g="125")
        for number in times:
            path = folder / f"{size[1]}-{number}.mp4"
            _repeat(piece, path, number)
            told = _timed([sys.executable, "-c", OURS, "frames", str(path), ""])
            print(f"  {size[0]} x {size[1]}, {300 * number:5,} frames: {told['memory'] / 1e6:5,.0f} MB", flush=True)
            path.unlink()


def _repeat(piece: Path, path: Path, times: int) -> None:
    """A film several times in a row, without coding it again."""
    with av.open(str(path), "w") as out:
        stream: Any = None
        for number in range(times):
            with av.open(str(piece)) as source:
                theirs = source.streams.video[0]
                stream = stream or out.add_stream_from_template(theirs)
                length = int((theirs.duration or 0) * number)
                for packet in source.demux(theirs):
                    if packet.dts is not None and packet.pts is not None:
                        packet.pts, packet.dts, packet.stream = packet.pts + length, packet.dts + length, stream
                        out.mux(packet)


def _timed(command: list[str]) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _children() -> float:
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime
