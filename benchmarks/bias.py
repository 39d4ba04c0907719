"""Does the ranking lean by how light a face is? On photos of faces, as far as those at hand allow.

What is measured is how light the middle of a detected face is in the photo (L*, 0 to 100): the skin and the light that
fell on it. Skin types, age and body are labelled nowhere in these photos, so nothing is said about them.
"""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.ranking import DETECTOR, Shot, shot
from benchmarks.truth import PHOTOS
from unipic.cleanup.criteria import MEASURED, WEIGHTS
from unipic.cleanup.rank import shortfalls
from unipic.core.settings import Limits
from unipic.reading.images import NotAPhoto, decode

STOP = 0.7  # exposure steps of the darker and the brighter frame
SURE = 0.8  # of the detector
GROUPS = ("darkest third", "middle third", "lightest third")


@dataclass(frozen=True)
class Portrait:
    tone: float  # L* of the face
    frames: tuple[Shot, Shot, Shot]  # darker, as it is, brighter


def run(_: int = 0) -> None:
    if not (PHOTOS / "faces").is_dir() or not DETECTOR.is_file():
        print("bias: skipped, there are no photos of faces or no face detector")
        return
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # a word for each picture otherwise
    portraits = sorted(_portraits(), key=lambda portrait: portrait.tone)
    print(f"## Ranking and the lightness of faces: {len(portraits)} photos with a face\n")
    print(
        f"Which of three exposures (as it is, {STOP} steps darker or brighter) comes first, and the measures' means.\n"
    )
    names = [criterion.name for criterion in MEASURED if criterion.name != "tilt"]
    print("| faces | L* | darker first | as it is | brighter | " + " | ".join(names) + " |")
    print("|---" + "|---:" * (4 + len(names)) + "|")
    for label, third in zip(GROUPS, np.array_split(np.arange(len(portraits)), 3), strict=True):
        chosen = [portraits[i] for i in third]
        first = Counter(_first(portrait) for portrait in chosen)
        means = [np.mean([getattr(p.frames[1].measures, name) for p in chosen]) for name in names]
        shares = [f"{first[i] / len(chosen):.0%}" for i in range(3)]
        tone = np.median([portrait.tone for portrait in chosen])
        print(f"| {label} | {tone:.0f} | {' | '.join(shares)} | {' | '.join(f'{mean:.3f}' for mean in means)} |")


def _first(portrait: Portrait) -> int:
    names, table = shortfalls([frame.measures for frame in portrait.frames])
    return int(np.argmax(table @ [WEIGHTS[name] for name in names]))


def _portraits() -> list[Portrait]:
    with open(PHOTOS / "faces" / "faces.csv", newline="", encoding="utf-8") as file:
        paths = [PHOTOS / "faces" / row["file"] for row in csv.DictReader(file) if not row["file"].startswith("eyes/")]
    return [portrait for path in paths if (portrait := _portrait(path))]


def _portrait(path: Path) -> Portrait | None:
    try:
        pixels = np.asarray(decode(str(path), 640, Limits()).picture)
    except (NotAPhoto, OSError):
        return None
    height, width = pixels.shape[:2]
    detector = cv2.FaceDetectorYN.create(str(DETECTOR), "", (width, height), SURE)
    _, faces = detector.detect(np.ascontiguousarray(pixels[..., ::-1]))
    if faces is None:
        return None
    x, y, w, h = max(faces, key=lambda face: face[2] * face[3])[:4]
    inner = pixels[int(y + h * 0.35) : int(y + h * 0.75), int(x + w * 0.25) : int(x + w * 0.75)]
    if inner.size == 0:
        return None
    tone = float(np.median(cv2.cvtColor(inner.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 0]))
    darker, brighter = (_exposed(pixels, step) for step in (-STOP, STOP))
    return Portrait(tone, (shot(darker), shot(pixels), shot(brighter)))


def _exposed(pixels: np.ndarray, steps: float) -> np.ndarray:
    """More or less light, in the light's own scale rather than the screen's."""
    light = (pixels / 255.0) ** 2.2 * 2**steps
    return (np.clip(light, 0, 1) ** (1 / 2.2) * 255).round().astype(np.uint8)
