"""Trees of the labelled photos with every file accounted for; groups beside the seed's algorithm; merges; composites.

The seed's algorithm is written here from its description: a difference hash of 64 bits, photos within 300 s and at most
5 bits of a group's first photo. Brackets are made from photos: exposed 2 EV apart, taken by a hand that moves.
"""

import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations, islice, permutations
from pathlib import Path

import cv2
import numpy as np

from benchmarks.truth import PHOTOS, Label, Pair, lane_score, load_labels
from unipic.albums.composite import APART, Seen, open_eyes
from unipic.albums.groups import groups_of
from unipic.albums.hdr import Merged, merge
from unipic.albums.plan import TREES, Wish
from unipic.cleanup.result import Cleanup
from unipic.core.photo import Photo, local_time
from unipic.core.settings import Limits, Settings, models_folder
from unipic.destinations.base import MANIFEST
from unipic.destinations.tree import TreeDestination
from unipic.reading.images import NotAPhoto, decode
from unipic.review.outcomes import outcomes
from unipic.review.proposal import propose
from unipic.sources.folder import FolderSource
from unipic.tools import open_tools
from unipic.vision.faces import FaceFinder
from utils import clean_gallery, organise

BITS, WINDOW = 5, timedelta(seconds=300)  # of the seed
STOPS, HANDS = 2.0, ((3.0, 0.0), (14.0, 0.4))  # EV; pixels and degrees that a hand moves between frames
STRANGERS = 200  # pairs of faces of two people, or of one in two photos
SCENES = 20  # photos of which brackets are made
SIDE = 2400  # pixels of the long side of a scene; its frames have half


def run(_: int = 0) -> None:
    folder = PHOTOS / "gallery_dev"
    if not folder.is_dir():
        print(f"organise: skipped, there are no labelled photos at {folder}")
        return
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings.of(fetch=False, ranker="builtin")
        with open_tools(settings, models_folder(), Path(scratch) / "memory") as tools:
            cleanup = clean_gallery(FolderSource([folder]), tools, settings)
        _trees(cleanup, Path(scratch), folder)
    _groups(cleanup, load_labels(folder))
    _merges(cleanup)
    _composites(PHOTOS / "faces" / "groups")


def _trees(cleanup: Cleanup, scratch: Path, folder: Path) -> None:
    print("## Trees of the labelled photos\n\n| tree | files found | in the report once | folders | seconds |")
    print("|---|---:|---:|---:|---:|")
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    everything = outcomes(propose(cleanup), {}, "nothing")
    for kind in TREES:
        started, target = time.perf_counter(), scratch / kind
        destination = TreeDestination(target, organise(cleanup, everything, Wish(kind), target))
        destination.carry_out(destination.plan(everything))
        said = json.loads((target / MANIFEST).read_text())
        listed = sorted(one["original"] for fate in ("kept", "set_aside", "unreadable") for one in said[fate])
        once = len(listed) if listed == names else -1
        folders = sum(path.is_dir() for path in target.iterdir())
        print(f"| {kind} | {len(names)} | {once} | {folders} | {time.perf_counter() - started:.1f} |")


def _groups(cleanup: Cleanup, labels: Sequence[Label]) -> None:
    photos = cleanup.gallery.photos
    print("\n## Groups beside the seed's\n\n| | groups | pairs | precision | recall |\n|---|---:|---:|---:|---:|")
    ours = [[photo.name for photo in group.photos] for group in groups_of(cleanup)]
    for label, groups in (("Unipic", ours), ("dHash, 5 bits, 300 s", seed_groups(photos))):
        pairs: list[Pair] = [pair for group in groups for pair in combinations(sorted(group), 2)]
        score = lane_score("similar", pairs, list(labels))
        print(f"| {label} | {len(groups)} | {score.found} | {score.precision:.3f} | {score.recall:.3f} |")


def seed_groups(photos: Sequence[Photo]) -> list[list[str]]:
    """Groups as the seed makes them: each photo joins the first group whose first photo is near in look and time."""
    groups: list[list[tuple[Photo, int]]] = []
    for photo in sorted(photos, key=lambda one: ((when := local_time(one)) is None, when or one.name, one.name)):
        own = dhash(photo)
        fits = (group for group in groups if _near(photo, own, *group[0]))
        group = next(fits, None)
        if group is None:
            groups.append([(photo, own)])
        else:
            group.append((photo, own))
    return [[photo.name for photo, _ in group] for group in groups if len(group) > 1]


def _near(photo: Photo, own: int, first: Photo, its: int) -> bool:
    a, b = local_time(photo), local_time(first)
    in_time = a is None or b is None or abs(a - b) <= WINDOW
    return in_time and (own ^ its).bit_count() <= BITS


def dhash(photo: Photo) -> int:
    """64 bits: of 9 x 8 grey pixels, whether each is brighter than its right neighbour."""
    grey = decode(photo.path, 512, Limits()).picture.convert("L").resize((9, 8))
    pixels = np.asarray(grey, int)
    return int("".join("01"[bit] for bit in (pixels[:, :-1] > pixels[:, 1:]).ravel().astype(int)), 2)


# Merges.


def _merges(cleanup: Cleanup) -> None:
    found = [one for one in cleanup.series if one.kind == "bracket"]
    print(f"\n## Brackets\n\nSeries called brackets in the labelled photos: {len(found)}.")
    for one in found:
        print(f"- {', '.join(photo.name for photo in one.photos)}: {one.reason}")
    large = [p for p in cleanup.gallery.photos if min(p.width, p.height) >= 600 and p.format == "JPEG"]
    sources = large[:: max(1, len(large) // SCENES)][:SCENES]
    print(f"\nMade of {len(sources)} photos, 3 frames of 2 EV, beside the merge without any movement:\n")
    print("| hand | merged | PSNR, median | lowest | sharpness, median | seconds |\n|---|---:|---:|---:|---:|---:|")
    for pixels, degrees in HANDS:
        rows = [row for photo in sources if (row := _measured(photo, pixels, degrees))]
        psnr, sharp, took = (sorted(values) for values in zip(*rows, strict=True))
        middle = len(rows) // 2
        print(
            f"| {pixels:g} px, {degrees:g} degrees | {len(rows)} of {len(sources)} | {psnr[middle]:.1f} dB | "
            f"{psnr[0]:.1f} | {sharp[middle]:.2f} | {took[middle]:.1f} |"
        )


def _measured(photo: Photo, pixels: float, degrees: float) -> tuple[float, float, float] | None:
    try:
        scene = np.asarray(decode(photo.path, SIDE, Limits()).picture.convert("RGB"))
    except (NotAPhoto, OSError):
        return None
    frames = made_bracket(scene, pixels, degrees)
    still = merge(made_bracket(scene, 0, 0, uncovered(scene, pixels, degrees)), 1)
    started = time.perf_counter()
    moved = merge(frames, 1)
    took = time.perf_counter() - started
    if not isinstance(moved, Merged) or not isinstance(still, Merged):
        return None
    return *compared(moved, still), took


def made_bracket(scene: np.ndarray, pixels: float, degrees: float, inner: int = 0) -> list[np.ndarray]:
    """Three frames of a scene, uint8 [H, W, 3] of half its size: dark, middle, light; the outer ones moved both ways.

    They are moved at twice the size, so that the sensor's pixels, not an interpolation, set how sharp they are.
    `inner`: pixels to leave out at each border, at the size of the frames; 0: what the movement uncovers.
    """
    light = (scene.astype(np.float32) / 255) ** 2.2
    height, width = scene.shape[:2]
    inner = inner or uncovered(scene, pixels, degrees)
    frames = []
    for side in (-1, 0, 1):
        turn = np.array(cv2.getRotationMatrix2D((width / 2, height / 2), side * degrees, 1.0), float)
        turn[:, 2] += 2 * side * pixels * np.array([0.8, 0.6])
        seen: np.ndarray = light
        if side and (pixels or degrees):
            seen = cv2.warpAffine(light, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        seen = cv2.resize(seen, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        exposed = np.clip(seen * 2.0 ** (STOPS * side), 0, 1) ** (1 / 2.2)
        frame = np.round(exposed * 255).astype(np.uint8)
        frames.append(np.ascontiguousarray(frame[inner : frame.shape[0] - inner, inner : frame.shape[1] - inner]))
    return frames


def uncovered(scene: np.ndarray, pixels: float, degrees: float) -> int:
    """Pixels at the border of a frame that may show what lies outside of the scene."""
    return int(pixels + np.ceil(np.radians(degrees) * max(scene.shape[:2]) / 4)) + 2


def compared(moved: Merged, still: Merged) -> tuple[float, float]:
    """PSNR in dB of a merge beside that of a tripod, and the share of its sharpness, in the part that both show."""
    left, top, right, bottom = (f(a, b) for f, a, b in zip((max, max, min, min), moved.crop, still.crop, strict=True))
    a, b = (
        np.round(one.pixels[top - one.crop[1] : bottom - one.crop[1], left - one.crop[0] : right - one.crop[0]] * 255)
        for one in (moved, still)
    )
    error = float(np.mean((a - b) ** 2))
    sharp = [
        cv2.Laplacian(cv2.cvtColor(one.astype(np.float32), cv2.COLOR_RGB2GRAY), cv2.CV_32F).var() for one in (a, b)
    ]
    return 10 * np.log10(255**2 / max(error, 1e-9)), float(sharp[0] / sharp[1])


# Composites.


def _composites(folder: Path) -> None:
    """Eyes painted over, beside the same photo moved, turned, scaled and brighter, which stands for another frame."""
    if not folder.is_dir():
        print(f"\nComposites: skipped, there are no photos of groups at {folder}")
        return
    finder = FaceFinder(models_folder() / "yunet" / "face_detection_yunet_2023mar.onnx")
    made, refused, large = list[float](), Counter[str](), list[tuple[np.ndarray, Seen]]()
    for path in sorted(folder.iterdir()):
        picture = np.asarray(decode(str(path), 2400, Limits()).picture.convert("RGB"))
        turn = cv2.getRotationMatrix2D((picture.shape[1] / 2, picture.shape[0] / 2), 1.5, 1.01)
        turn[:, 2] += (9, -6)
        size = (picture.shape[1], picture.shape[0])
        laid = cv2.warpAffine(picture, turn, size, borderMode=cv2.BORDER_REFLECT)
        other = np.clip(laid * 1.08, 0, 255).astype(np.uint8)
        for found in finder.faces(picture):
            face = Seen(found.box, found.points, None)
            large += [(picture, face)] if face.apart >= APART else []
            shut = _painted(picture, face)
            done = open_eyes(shut, other, face, _moved(face, turn))
            if isinstance(done, str):
                refused[done] += 1
            else:
                made.append(_decibels(done[0], picture, face))
    least, best, middle = (min(made), max(made), statistics.median(made)) if made else (0, 0, 0)
    print(f"\n## Composites\n\nMade: {len(made)}; PSNR of the eyes to the truth {least:.1f} to {best:.1f} dB,")
    print(f"median {middle:.1f}. Refused: {dict(refused)}.")
    strangers: Counter[str] = Counter()
    for (picture, face), (other, theirs) in islice(permutations(large, 2), STRANGERS):
        done = open_eyes(_painted(picture, face), other, face, theirs)
        strangers[done if isinstance(done, str) else "accepted"] += 1
    print(f"Eyes of somebody else, of {len(large)} faces in pairs: {dict(strangers)}.")


def _painted(picture: np.ndarray, face: Seen) -> np.ndarray:
    """The picture with skin over both eyes of a face."""
    shut = picture.copy()
    for x, y in face.points[:2]:
        row, column = np.clip((round(y + 0.35 * face.apart), round(x)), 0, np.array(picture.shape[:2]) - 1)
        below = picture[row, column].tolist()
        axes = round(0.22 * face.apart), round(0.13 * face.apart)
        cv2.ellipse(shut, (round(x), round(y)), axes, 0, 0, 360, below, -1)
    return shut


def _moved(face: Seen, turn: np.ndarray) -> Seen:
    points = np.c_[np.array(face.points), np.ones(5)] @ turn.T
    left, top, right, bottom = face.box
    corners = np.array([[left, top, 1], [right, bottom, 1]]) @ turn.T
    (x0, y0), (x1, y1) = corners.tolist()
    return Seen((x0, y0, x1, y1), tuple((x, y) for x, y in points.tolist()), None)


def _decibels(found: np.ndarray, truth: np.ndarray, face: Seen) -> float:
    """PSNR of the eyes, their mean brightness made equal, since the other frame was brighter."""
    x, y = np.mean(face.points[:2], axis=0)
    across, down = 0.9 * face.apart, 0.25 * face.apart
    part = slice(round(y - down), round(y + down)), slice(round(x - across), round(x + across))
    a, b = found[part].astype(float), truth[part].astype(float)
    error = np.mean((a - a.mean((0, 1)) - b + b.mean((0, 1))) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))
