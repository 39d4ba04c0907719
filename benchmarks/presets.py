"""Resizing beside a reference in double precision, and the time and memory of copies by presets."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from tests.helpers.light import apart, reference
from tests.helpers.pictures import save, scene

from unipic.albums.presets import BUILT_IN
from unipic.core.settings import Limits
from unipic.destinations.developing import Developer
from unipic.reading.rendering import Render, render, resized_in_light

SIZES = ((1080, 810), (540, 405), (211, 157), (64, 48))
SAMPLES = {"photo of 12 megapixels": (4000, 3000), "panorama of 100 megapixels": (20_000, 5_000)}
PICTURES: dict[str, Callable[[], Image.Image]] = {
    "scene": lambda: scene(1, 1600, 1200),
    "stripes": lambda: Image.fromarray((np.indices((1200, 1600)).sum(axis=0) % 4 // 2 * 255).astype(np.uint8)),
    "noise": lambda: Image.fromarray(np.random.default_rng(1).integers(0, 256, (1200, 1600), dtype=np.uint8)),
}


def run(photos: int = 0) -> None:
    """`photos` means nothing here."""
    print("| picture | to | in light, dB | values as they are, dB |\n|---|---|---:|---:|")
    for name, make in PICTURES.items():
        picture = make().convert("RGB")
        for size in SIZES:
            wanted = reference(picture, size)
            ours = np.asarray(resized_in_light(picture, (0, 0, *picture.size), size), np.float64)
            plain = np.asarray(picture.resize(size, Image.Resampling.LANCZOS), np.float64)
            print(f"| {name} | {size[0]} x {size[1]} | {apart(ours, wanted):.1f} | {apart(plain, wanted):.1f} |")
    print("\n| copy of | preset | processor time, s | peak memory of the process, MB |\n|---|---|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (width, height) in SAMPLES.items():
            path = save(scene(1, width, height), Path(folder) / f"{name}.jpg", quality=90)
            for preset in ("web", "square", "print-10x15", "print-a3"):
                command = [sys.executable, "-m", "benchmarks.presets", str(path), preset]
                said = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout
                print(f"| {name} | {preset} | {said.strip()} |", flush=True)


def one(path: str, preset: str) -> None:
    """Make one copy in this process, and print its processor time and the peak memory."""
    developer, begun = Developer(BUILT_IN[preset]), time.process_time()
    box = (0.0, 0.0, 1.0, 1.0) if developer.style.fill else None
    with tempfile.TemporaryDirectory() as folder:
        told = render(Render(path, Path(folder) / "copy", box), developer.style, Limits())
    assert not told.problem, told.problem
    status = Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1000  # of this program; getrusage tells the parent's too
    print(f"{time.process_time() - begun:.1f} | {peak:.0f}")


if __name__ == "__main__":
    one(*sys.argv[1:])
