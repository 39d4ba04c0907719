"""Whether each system grows in step with the library: 10,000 and 100,000 photos of which every fact is stored.

No photo is decoded: the files hold a number each, and the index has what reading, comparing and finding faces would
have left. Each system runs in a process of its own, `python -m benchmarks.growth SYSTEM FOLDER`, which answers in JSON.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import numpy as np
from PIL import Image

from benchmarks.library import make_files
from benchmarks.made_up import FIRST, YEARS, Looks, fill_in
from benchmarks.pairs import library as vectors_in
from benchmarks.people import LABELS, Sample, kilobytes, labelled, made_up
from unipic.albums.plan import Wish
from unipic.cleanup import compare, look
from unipic.core.photo import Photo, seconds_apart
from unipic.core.settings import PROJECT, Settings, models_folder
from unipic.library._database import Database
from unipic.library._parts import store_parts
from unipic.library.faces import FINDER, turn_on
from unipic.library.library import Library
from unipic.library.searchable import Searchable
from unipic.people.people import open_people
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.seen import Look, PairResult, Seen
from unipic.review.outcomes import outcomes
from unipic.review.proposal import propose
from unipic.search.search import Asked, Example
from unipic.sources.folder import FolderSource
from unipic.tools import Tools, open_tools
from unipic.video.fingerprints import Fingerprint
from unipic.video.same_film import same_films
from unipic.vision.base import Part
from unipic.vision.faces import KIND, part_name
from unipic.vision.registry import face_encoder_key
from utils import clean_gallery, examine, find_events, index_gallery, organise, search_gallery

PHOTOS = 100_000
SETTINGS = Settings.of(ranker="builtin", fetch=False, people_safe=False)
CITIES = ((48.8584, 2.2945), (41.8902, 12.4922), (47.3769, 8.5417), (38.7223, -9.1393), (40.758, -73.9855))
CAMERAS = ("Apple iPhone 12", "Google Pixel 8", "Canon EOS 80D")
SESSION, BETWEEN_S = 40, 20  # photos that are taken one after the other, and seconds between two
MOMENT_S = 600  # seconds within which made-up pairs are of one moment
BLURRED = 0.2  # sharpness of the softest; as in albums, 1 photo in 20 is soft enough for its thumbnail to be looked at
COPIES = 8  # one in so many of those pairs is one picture
PHOTOS_A_FILM, FILM_PICTURES = 20, 120  # photos for each film; pictures of a fingerprint, of half a minute
NOBODY = "no labelled faces at hand"
System = Callable[[Path], str]


def run(photos: int = 0) -> None:
    """`photos`: of the larger library; the smaller one has a tenth."""
    largest, real = photos or PHOTOS, labelled() if LABELS.exists() else None
    print(f"## Growth: {largest // 10:,} and {largest:,} photos by stored facts\n")
    found: dict[int, dict[str, dict[str, float | str]]] = {}
    for size in (largest // 10, largest):
        with tempfile.TemporaryDirectory(prefix="unipic-bench-") as name:
            begun = time.perf_counter()
            make(Path(name), size, real)
            print(f"{size:,} photos made up in {time.perf_counter() - begun:.0f} s", flush=True)
            found[size] = {system: measured(system, Path(name)) for system in SYSTEMS}
    print("\n| system | photos | seconds | CPU seconds | times as long | peak MB | found |")
    print("|---|---:|---:|---:|---:|---:|---|")
    for system in SYSTEMS:
        small, large = (found[size][system] for size in found)
        for size, one, times in ((largest // 10, small, ""), (largest, large, _times(small, large))):
            print(f"| {system} | {size:,} | {one['seconds']:.1f} | {one['cpu']:.1f} | {times} | {one['peak']:.0f} "
                  f"| {one['found']} |")  # fmt: skip
    print()


def _times(small: dict[str, float | str], large: dict[str, float | str]) -> str:
    return f"{float(large['cpu']) / max(0.01, float(small['cpu'])):.1f}"


def measured(system: str, folder: Path) -> dict[str, float | str]:
    """What a system took and found, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.growth", system, str(folder)]
    environment = {**os.environ, "UNIPIC_DATA": str(folder / "data")}
    done = subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, float | str] = json.loads(done.stdout.splitlines()[-1])
    print(f"  {system}: {answer}", file=sys.stderr, flush=True)
    return answer


# The library.


def make(folder: Path, photos: int, real: Sample | None) -> None:
    """Files and a library of them: read, compared, described, and with faces that scatter as the `real` ones do."""
    make_files(folder / "photos", photos)
    library = Library(folder / "data")
    library.add(folder / "photos")
    with _tools(library) as tools:
        fill_in(library, folder / "photos", tools.encoder, _looks(photos))
        library.describe(tools.engine)
        with (
            patch.object(compare.Sketches, "prepare"),
            patch.object(compare, "compare_pair", _compared),
            patch.object(look, "look_at", _looked),
        ):
            examine(FolderSource([folder / "photos"]), replace(tools, engine=InlineEngine()), SETTINGS)
    if real:
        turn_on(library)
        _keep_faces(library, made_up(real, photos))
        open_people(library).group()


def _looks(photos: int) -> Looks:
    """Vectors as real ones lie, a camera and a place each, and pixels of their own but for 3 in 100."""
    vectors, thumbnail = vectors_in(photos, in_order=True), io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(thumbnail, "JPEG")

    def looks(number: int, seen: Seen) -> Seen:
        content = hashlib.sha256(b"%d" % (number - (number % 100 in (1, 2, 3)))).hexdigest()
        session, shot = divmod(number, SESSION)
        begun = FIRST + timedelta(days=YEARS * 365) * (session * SESSION / photos)
        photo = replace(
            seen.photo,
            taken=begun + timedelta(seconds=shot * BETWEEN_S),
            content=content,
            fingerprint=hashlib.sha256(content.encode()).hexdigest(),
            measures=replace(seen.photo.measures, sharpness=BLURRED + number % 100 / 100 * (1 - BLURRED)),
            camera=CAMERAS[number // 1000 % len(CAMERAS)],
            place=CITIES[number // 500 % len(CITIES)],
        )
        return Seen(photo, vectors[number], thumbnail.getvalue())

    return looks


def _compared(a: Photo, b: Photo, sketches: compare.Sketches, bits: int) -> PairResult:
    """In the place of keypoints: shots near in time have some in common, and some are one picture."""
    apart = seconds_apart(a, b)
    if apart is None or apart > MOMENT_S:
        return PairResult(0)
    return PairResult(60, 80.0 if int(a.digest[:8], 16) % COPIES == 0 else 0.0, "whole")


def _looked(pair: look.Pair, limits: object) -> Look:
    return Look("same", look.ALIKE)


def _keep_faces(library: Library, sample: Sample) -> None:
    """Store the faces: about as many as photos, in a half of them."""
    digests, key = library.shown(), face_encoder_key()
    by_photo: dict[str, list[tuple[Part, Part]]] = {digest: [] for digest in digests}
    for place, face in enumerate(sample.faces):
        left = place % 90 / 100
        box = (left, 0.1, left + 0.02, 0.13)
        points = ((left + 0.015, 0.11), (left + 0.005, 0.11), (left + 0.01, 0.12), (left, 0.13), (left, 0.13))
        facts = {"points": points, "score": face.score}
        where = Part(part_name(box), KIND, box, facts=facts)
        by_photo[digests[int(face.digest, 16) % len(digests)]].append((where, Part(where.name, vector=face.vector)))
    with closing(Database(library.path)) as base:
        for digest, parts in by_photo.items():
            store_parts(base, digest, [where for where, _ in parts], FINDER)
            store_parts(base, digest, [vector for _, vector in parts], key)


@contextmanager
def _tools(library: Library) -> Iterator[Tools]:
    with open_tools(SETTINGS, models_folder(), library.path.parent) as tools:
        yield tools


# The systems: each returns what it found, in words.


def _index(folder: Path) -> str:
    library = Library(folder / "data")
    with _tools(library) as tools:
        update = index_gallery(library.paths()[0], library, tools, SETTINGS)
    return f"{update.files:,} files, {update.new} new"


def _clean(folder: Path) -> str:
    with _tools(Library(folder / "data")) as tools:
        cleanup = clean_gallery(FolderSource([folder / "photos"]), tools, SETTINGS)
    copies = sum(len(one.copies) for one in (*cleanup.exact, *cleanup.near))
    return f"{copies:,} copies, {len(cleanup.clusters):,} moments"


def _organise(folder: Path) -> str:
    with _tools(Library(folder / "data")) as tools:
        cleanup = clean_gallery(FolderSource([folder / "photos"]), tools, SETTINGS)
    begun = time.process_time()
    tree = organise(cleanup, outcomes(propose(cleanup), unseen="nothing"), Wish("events"), folder / "out")
    return f"{len(tree.placed):,} files, the plan alone {time.process_time() - begun:.1f} s"


def _search(folder: Path) -> str:
    asked = _asked(folder)
    return f"{search_gallery('2019', asked).total:,} of 2019"


def _example(folder: Path) -> str:
    asked = _asked(folder)
    example = asked.example(asked.library.digests[0])
    assert example is not None
    return f"{search_gallery('', asked, [Example(example.photo, example.vector)]).total:,} like one"


def _asked(folder: Path) -> Asked:
    library = Library(folder / "data")
    with _tools(library) as tools:
        return Asked(Searchable(library, tools.encoder.key, tools.encoder.calibration))


def _people(folder: Path) -> str:
    people = open_people(Library(folder / "data"))
    new = people.group()
    return f"{len(people.faces):,} faces, {new} new, {len(people.everybody):,} groups" if people.faces else NOBODY


def _grouped(folder: Path) -> str:
    people = open_people(Library(folder / "data"))
    people.group(tidy=True)
    return f"{len(people.everybody):,} groups" if people.faces else NOBODY


def _events(folder: Path) -> str:
    return f"{len(find_events(Library(folder / 'data')).events):,} events"


def _films(folder: Path) -> str:
    """Fingerprints alone: films of two kinds of pictures, each tenth a copy of the one before."""
    number = len(Library(folder / "data").shown()) // PHOTOS_A_FILM
    chance = np.random.default_rng(0)
    times = (np.arange(FILM_PICTURES) / 4).astype(np.float32)
    films: list[Fingerprint] = []
    for place in range(number):
        scenes = chance.integers(0, 1 << 63, FILM_PICTURES // 10, np.uint64)  # a scene of ten pictures
        hashes = np.repeat(scenes, 10) ^ (np.uint64(1) << chance.integers(0, 63, FILM_PICTURES, np.uint64))
        if place % 10 == 9:
            hashes = films[-1].hashes ^ np.uint64(1)
        films.append(Fingerprint(times, hashes, ~hashes >> np.uint64(1), np.ones(FILM_PICTURES, bool)))
    found = same_films(films, [FILM_PICTURES / 4] * number)
    return f"{len(found):,} of {number:,} films are there twice"


SYSTEMS: dict[str, System] = {
    "index, nothing new": _index,
    "cleanup, nothing new": _clean,
    "the same, and a tree by events": _organise,
    "search, the first answer": _search,
    "search, the first by example": _example,
    "people, nothing new": _people,
    "people, grouped anew": _grouped,
    "events": _events,
    "films": _films,
}


def main(system: str, folder: str) -> None:
    """Print what a system took and found, with its start and imports."""
    begun = time.perf_counter()
    found = SYSTEMS[system](Path(folder))
    seconds = time.perf_counter() - begun
    print(
        json.dumps({"seconds": seconds, "cpu": time.process_time(), "peak": kilobytes("VmHWM") / 1000, "found": found})
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
