"""A whole run over 12-megapixel JPEGs: beside the decoding that nobody can avoid, the plain way, and other programs.

Everything runs on the same files in one go, each program as a process of its own, so what counts are the ratios.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from PIL import Image

from benchmarks.holiday import holiday
from benchmarks.others import others
from unipic.core.machine import cores
from unipic.core.progress import Step
from unipic.core.settings import PROJECT, Settings, models_folder
from unipic.reading._measures import WORKING
from unipic.sources.folder import FolderSource
from unipic.tools import open_tools
from unipic.vision.manifest import find, read_manifest
from utils import clean_gallery

RANKED = 60  # photos that the plain way ranks, one at a time
OTHERS = ("phash", "cnn", "difpy-similar")
SETTINGS = Settings.of(ranker="builtin", fetch=False)


def run(photos: int = 0) -> None:
    with holiday(photos or 1000) as folder, tempfile.TemporaryDirectory(prefix="unipic-bench-") as scratch:
        files = sorted(folder.iterdir())
        megabytes = sum(path.stat().st_size for path in files) / len(files) / 1e6
        print(f"## Speed: {len(files)} JPEGs of 12 megapixels, {megabytes:.1f} MB each, read from a warm file cache\n")
        print("| | seconds | photos a second |")
        print("|---|---:|---:|")
        floor = _line("the floor: the scaled decode alone, on all cores", _floor(files), len(files))
        first, second = (_command(folder, Path(scratch)) for _ in range(2))
        _line("Unipic, the whole command, first run", first, len(files))
        _line("Unipic, the same again", second, len(files))
        for stage, seconds in _stages(folder, Path(scratch) / "stages").items():
            _line(f"- {stage.lower()}", seconds, len(files))
        clip = _clip(Path(scratch) / "clip")
        grouped, ranking = _ranking(folder, Path(scratch) / "data", clip)
        _line(f"- CLIP on the {grouped} photos in groups", ranking, grouped)
        plain = _plain_way(folder, clip)
        for stage in ("validate", "embed", "pairs"):
            _line(f"the plain way: {stage}", plain[stage], len(files))
        _line("the plain way: rank, each", plain["rank"], RANKED)
        for other in others(folder, OTHERS):
            if other.problem:
                print(f"| {other.label} | {other.problem} | |")
            else:
                _line(other.label, other.seconds, len(files))
    unranked = sum(plain[stage] for stage in ("validate", "embed", "pairs"))
    ranked = unranked + plain["rank"] / RANKED * grouped
    print(
        f"\nThe plain way takes {unranked / first:.1f} times as long, with CLIP {ranked / (first + ranking):.1f} times."
    )
    print(f"The first run takes {first / floor:.2f} times the floor, the second 1/{first / second:.0f} of the first.\n")


def _line(what: str, seconds: float, count: int) -> float:
    print(f"| {what} | {seconds:.1f} | {count / seconds:.1f} |", flush=True)
    return seconds


def _floor(files: Sequence[Path]) -> float:
    """What cannot be avoided: each file opened once and decoded at the smallest scale that serves."""
    with ProcessPoolExecutor(cores()) as pool:
        list(pool.map(_decoded, files[: 2 * cores()]))  # so that starting the processes does not count
        begun = time.perf_counter()
        list(pool.map(_decoded, files, chunksize=8))
        return time.perf_counter() - begun


def _decoded(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        scale = WORKING / max(image.size)
        image.draft("RGB", (round(image.width * scale), round(image.height * scale)))
        image.thumbnail((WORKING, WORKING), Image.Resampling.BICUBIC, reducing_gap=2.0)
        return image.size


def _command(folder: Path, scratch: Path) -> float:
    """From the first instruction of Python to the end of the process."""
    main, listing = PROJECT / "src" / "main.py", scratch / "list.csv"
    command = [
        sys.executable,
        str(main),
        "clean",
        str(folder),
        "--list",
        str(listing),
        "--ranker",
        "builtin",
        "--offline",
    ]
    listing.unlink(missing_ok=True)
    begun = time.perf_counter()
    # Some shells forbid Python to keep what it compiled; people's do not.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["UNIPIC_DATA"] = str(scratch / "data")
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - begun


def _stages(folder: Path, memory: Path) -> dict[str, float]:
    """Seconds from each word about progress to the next."""
    seconds: dict[str, float] = {}
    last, since = "Starting", time.perf_counter()

    def told(step: Step) -> None:
        nonlocal last, since
        now = time.perf_counter()
        seconds[last] = seconds.get(last, 0.0) + now - since
        last, since = step.stage, now

    with open_tools(SETTINGS, models_folder(), memory, told) as tools:
        clean_gallery(FolderSource([folder]), tools, SETTINGS, told)
    told(Step("The end", 0, 0))
    return {stage: spent for stage, spent in seconds.items() if spent >= 0.05}


def _ranking(folder: Path, data: Path, clip: Path) -> tuple[int, float]:
    """How many photos are in groups, and the seconds of ranking them with all else remembered."""
    from unipic.vision.clip import ClipScorer
    from unipic.vision.text import OPENAI, LocalTextEncoder

    with open_tools(SETTINGS, models_folder(), data / "library") as tools:
        begun = time.perf_counter()
        cleanup = clean_gallery(FolderSource([folder]), tools, SETTINGS)
        without = time.perf_counter() - begun
        scorer = ClipScorer(LocalTextEncoder(clip, OPENAI))
        begun = time.perf_counter()
        clean_gallery(FolderSource([folder]), replace(tools, scorer=scorer), SETTINGS)
        return sum(len(c.photos) for c in cleanup.clusters), time.perf_counter() - begun - without


def _clip(folder: Path) -> Path:
    """CLIP ViT-B/32 at its real size; its weights are chance's, which takes as long."""
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTokenizer

    letters = [chr(c) for c in (*range(33, 127), *range(161, 173), *range(174, 256), *range(256, 324))]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    tokenizer = CLIPTokenizer(vocab={word: i for i, word in enumerate(words)}, merges=[])
    tokenizer.model_max_length = 77
    CLIPModel(CLIPConfig()).save_pretrained(folder)
    CLIPProcessor(image_processor=CLIPImageProcessor(), tokenizer=tokenizer).save_pretrained(folder)
    return folder


def _plain_way(folder: Path, clip: Path) -> dict[str, float]:
    form = find(read_manifest()["mobilenet_v3_small"], models_folder()).form
    weights = str(models_folder() / form.files[0].path) if form else ""
    command = [sys.executable, "-m", "benchmarks.plain_way", str(folder), weights, str(clip), str(RANKED)]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures
