"""Photos per second by stage on 12-megapixel JPEGs, and the whole run beside the plain way of doing it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.gallery import camera_gallery
from unipic.destinations.zip import ZipDestination
from unipic.proposal import propose
from unipic.review import Choice, outcomes
from unipic.seen import Picture
from unipic.settings import Settings, models_folder
from unipic.sources.folder import FolderSource
from unipic.stages.read import read
from unipic.thumbnails import Thumbnails
from unipic.tools import Tools, open_tools
from unipic.vision.base import VIEW
from utils import clean_gallery


def run(photos: int = 0) -> None:
    settings = Settings(ranker="builtin", fetch=False)
    with camera_gallery(photos or 200) as folder, tempfile.TemporaryDirectory() as thumbs:
        files = sorted(folder.iterdir())
        megabytes = sum(path.stat().st_size for path in files) / len(files) / 1e6
        print(f"## Speed: {len(files)} JPEGs of 12 megapixels, {megabytes:.1f} MB each\n")
        with open_tools(settings, models_folder(), Thumbnails(Path(thumbs))) as tools:
            print(f"Encoder: {tools.encoder.label}.\n")
            print("| stage | seconds | photos a second |")
            print("|---|---:|---:|")
            views = _stages(folder, tools, settings, len(files))
            begun = time.perf_counter()
            cleanup = clean_gallery(FolderSource([folder]), tools, settings)
            whole = _line("whole pipeline: read, embed, copies, groups, ranking", begun, len(files))
            begun = time.perf_counter()
            proposal = propose(cleanup)
            everything = {group.id: Choice(group.ids) for group in proposal.groups}
            written = ZipDestination(folder.parent / "out.zip").write(outcomes(proposal, everything))
            _line(f"export of {len(written)} files as a verified ZIP", begun, len(written))
            plain = _plain_way(files[:40], tools, views)
        print(f"\nThe plain way reaches {plain:.1f} photos a second, the pipeline {whole / plain:.1f} times that.\n")


def _stages(folder: Path, tools: Tools, settings: Settings, count: int) -> np.ndarray:
    begun = time.perf_counter()
    found = [p for p in read(list(FolderSource([folder]).files()), tools.engine, settings) if isinstance(p, Picture)]
    _line("read: digest, EXIF, scaled decode, thumbnail, hash, measures", begun, count)
    views = np.stack([picture.view for picture in found])
    begun = time.perf_counter()
    tools.encoder.embed(views)
    _line("embed", begun, count)
    return views


def _plain_way(files: list[Path], tools: Tools, views: np.ndarray) -> float:
    """Each photo decoded at full size in one process, once to check it and once to embed it."""

    def check(path: Path) -> None:
        with Image.open(path) as image:
            image.load()

    def view(path: Path) -> np.ndarray:
        with Image.open(path) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB").resize((VIEW, VIEW)))

    begun = time.perf_counter()
    for path in files:
        check(path)
        tools.encoder.embed(view(path)[None])
    return _line("the plain way: two full decodes, one photo at a time", begun, len(files))


def _line(stage: str, begun: float, count: int) -> float:
    seconds = time.perf_counter() - begun
    print(f"| {stage} | {seconds:.1f} | {count / seconds:.1f} |", flush=True)
    return count / seconds
