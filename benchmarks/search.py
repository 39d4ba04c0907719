"""Search: 100,000 photos of a made-up library, by conditions, words and examples, beside a plain product of NumPy."""

import hashlib
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.truth import PHOTOS as PHOTOS_FOLDER, Label, load_labels
from unipic.core.photo import Measures, Photo
from unipic.core.settings import PROJECT, Settings, models_folder
from unipic.library._database import Database
from unipic.library.library import Library
from unipic.library.places import places
from unipic.library.searchable import Searchable
from unipic.library.traits import COLUMNS, Looked, row_of
from unipic.library.vectors import ExactVectors
from unipic.reading import versions
from unipic.search.parse import Parser
from unipic.search.ranking import HEADINGS
from unipic.search.search import Asked, Example
from unipic.tools import open_tools
from unipic.vision.base import Calibration
from utils import index_gallery, search_gallery

PHOTOS, SIZE = 100_000, 512
ROUNDS = 30
CITIES = [(48.8584, 2.2945), (41.8902, 12.4922), (47.3769, 8.5417), (38.7223, -9.1393), (40.758, -73.9855)]
CAMERAS = ["Apple iPhone 12", "Google Pixel 8", "Canon EOS 80D", ""]
QUERIES = [
    *("2019", "July 2019", "in summer", "saturday night", "Rome 2019", "france or italy", "near:48.86,2.35,5km"),
    *("screenshots", "canon 2015", "heic", "color:red", "is:portrait rating:>=4", "size:>5MB", "-place:rome 2010"),
    *("beach", "beach 2019", "IMG_04", "IMG_012345", '"sunset beach"', "unicorn"),
]
WORDS = ["beach", "sunset", "dog", "birthday", "snow", "harbour", "garden", "market", "train", "castle"]


def run(photos: int = 0) -> None:
    """Print all tables."""
    number = photos or PHOTOS
    _vectors(number)
    with tempfile.TemporaryDirectory(prefix="unipic-bench-") as data:
        library = Library(Path(data))
        seconds = _filled(library, number)
        print(f"\nRows and words of {number:,} photos stored in {seconds:.0f} s; the index has "
              f"{library.path.stat().st_size / 1e6:.0f} MB.\n")  # fmt: skip
        _searches(library, number)
    _parser()
    _places()
    _examples()


def _vectors(number: int) -> None:
    """The nearest 100 of all, of a half and of a hundredth, by us and by a product of all rows."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(number, SIZE)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    begun = time.perf_counter()
    vectors = ExactVectors(SIZE)
    vectors.add(range(number), rows)
    print(
        f"## Search: the nearest 100 of {number:,} x {SIZE} vectors\n\nadded in {time.perf_counter() - begun:.1f} s\n"
    )
    print(
        "| allowed | FAISS, scored again: CPU ms, p50 | p95 | plain float32 product: CPU ms, p50 | p95 | the same 100 |"
    )
    print("|---|---:|---:|---:|---:|---:|")
    kept = rows.astype(np.float16).astype(np.float32)
    for share in (1.0, 0.5, 0.01):
        allowed = None if share == 1.0 else np.sort(rng.choice(number, round(share * number), replace=False))
        some = slice(None) if allowed is None else allowed
        queries = rng.normal(size=(ROUNDS, SIZE)).astype(np.float32)
        ours, found = _timed([partial(_nearest, vectors, q, allowed) for q in queries])
        plain, wanted = _timed([partial(_plain, kept, some, q) for q in queries])
        same = np.mean([len(np.intersect1d(a, b)) / len(b) for a, b in zip(found, wanted, strict=True)])
        print(f"| {share:.0%} | {_row(ours)} | {_row(plain)} | {same:.4f} |", flush=True)


def _nearest(vectors: ExactVectors, query: np.ndarray, allowed: np.ndarray | None) -> np.ndarray:
    return vectors.search(query, 100, allowed)[0]


def _plain(rows: np.ndarray, some: slice | np.ndarray, query: np.ndarray) -> np.ndarray:
    scores = rows[some] @ (query / np.linalg.norm(query))
    best = np.argpartition(-scores, min(100, len(scores) - 1))[:100]
    return np.asarray(best if isinstance(some, slice) else some[best])


def _timed(tasks: Sequence[Callable[[], np.ndarray]]) -> tuple[list[float], list[np.ndarray]]:
    """Milliseconds of processor time, which other work on the machine leaves alone, and answers."""
    tasks[0]()
    seconds, answers = [], []
    for task in tasks:
        begun = time.process_time()
        answers.append(task())
        seconds.append(1000 * (time.process_time() - begun))
    return seconds, answers


def _row(milliseconds: Sequence[float]) -> str:
    return f"{median(milliseconds):.1f} | {np.percentile(milliseconds, 95):.1f}"


def _filled(library: Library, number: int) -> float:
    """Photos over 20 years in five cities, written as reading leaves them. Returns the seconds of describing them."""
    folder = library.data / "photos"
    folder.mkdir()
    library.marks.add_folder(folder)
    rng = np.random.default_rng(1)
    with closing(Database(library.path)) as base:
        marks = ", ".join("?" * (len(COLUMNS) + 1))
        put = f"INSERT INTO trait (id, {', '.join(COLUMNS)}) VALUES ({marks})"
        begun = time.perf_counter()
        for start in range(0, number, 5000):
            for n in range(start, min(start + 5000, number)):
                photo = _photo(n, number, rng)
                look = Looked({"red": 0.3 * (n % 7 == 0), "light": 50.0})
                columns, texts = row_of(photo, [photo.name], look, "")
                path = str(folder / photo.name).encode()
                vector = rng.normal(size=SIZE).astype(np.float16).tobytes()
                base.queue(put, [n + 1, *(columns[name] for name in COLUMNS)])
                worded = (
                    "INSERT INTO text (rowid, name, folder, camera, place, caption, words) VALUES (?, ?, ?, ?, ?, ?, ?)"
                )
                base.queue(worded, [n + 1, *texts])
                base.queue("INSERT INTO file (path, size, stamp, digest, library, beside) VALUES (?, 1, '', ?, 1, 0)",
                           [path, photo.digest])  # fmt: skip
                base.queue("INSERT INTO vector VALUES (?, '', 'made up', ?, ?)",
                           [photo.digest, versions.picture(), vector])  # fmt: skip
            base.write()
    return time.perf_counter() - begun


def _photo(n: int, number: int, rng: np.random.Generator) -> Photo:
    words = " ".join(rng.choice(WORDS, 2, replace=False))
    taken = datetime(2006, 1, 1, 12) + timedelta(minutes=int(n * 20 * 365 * 1440 / number))
    name = f"{taken:%Y} {words}/IMG_{n:06}.{'heic' if n % 3 else 'jpg'}"
    wide = n % 4 > 0
    return Photo(
        *(str(n), name, name, hashlib.sha256(str(n).encode()).hexdigest(), 1_000_000 * (n % 9)),
        *(4000 if wide else 3000, 3000 if wide else 4000, "HEIF" if n % 3 else "JPEG", "0" * 64),
        *(Measures(0.7, 0.7, 0.7, 0.1), True),
        taken=taken,
        camera=CAMERAS[n % len(CAMERAS)],
        place=CITIES[n % len(CITIES)] if n % 2 else None,
        rating=n % 6,
    )


def _searches(library: Library, number: int) -> None:
    idle, begun = _memory(), time.perf_counter()
    asked = Asked(Searchable(library, "made up", Calibration(middle=0.5, slope=10.0)))
    search_gallery("2019", asked)
    first, before = time.perf_counter() - begun, _memory()
    begun = time.perf_counter()
    example = Example(_photo(0, number, np.random.default_rng(0)), np.ones(SIZE))
    _like(asked, example)
    after, likeness = _memory(), time.perf_counter() - begun
    print(f"First answer of a cold process: {first:.2f} s; the first by example, with all vectors: {likeness:.2f} s.")
    print(f"Memory at the beginning {idle / 1e6:.0f} MB, then {before / 1e6:.0f} and {after / 1e6:.0f} MB.\n")
    print("| query | photos | CPU ms, p50 | p95 | of it SQL of the conditions, p50 |\n|---|---:|---:|---:|---:|")
    for text in QUERIES:
        milliseconds, _ = _timed([lambda: search_gallery(text, asked).order] * ROUNDS)  # noqa: B023
        chips = asked.parse(text).chips
        sql, _ = _timed([lambda: asked.allowed(chips)] * ROUNDS)  # noqa: B023
        found = search_gallery(text, asked).total
        print(f"| `{text}` | {found:,} | {_row(milliseconds)} | {median(sql):.1f} |", flush=True)
    milliseconds, _ = _timed([lambda: _like(asked, example)] * ROUNDS)
    print(f"| *an example* | | {_row(milliseconds)} | |")


def _like(asked: Asked, example: Example) -> np.ndarray:
    """Ranked by the example; whether they are the same picture is not asked, as there are no pictures."""
    ranked = asked.rank(asked.parse(""), asked.allowed(()), [example], lambda one, other: False)
    assert ranked is not None
    return ranked.order(asked.allowed(()))


def _memory() -> int:
    """Resident memory now, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _parser() -> None:
    from tests.unipic.search.test_queries import LIBRARY, TODAY, count, queries, understood

    rows = queries()
    right = sum(
        (sorted(found[0].split(" & ")), found[1]) == (sorted(chips.split(" & ")), left)
        for query, chips, left, language in rows
        if (found := understood(query, language))
    )
    parser = Parser(LIBRARY, "en", TODAY, count)
    milliseconds, _ = _timed([lambda q=q: parser.parse(q).parts for q, *_ in rows])  # type: ignore[misc]
    source = (PROJECT / "tests/unipic/search/queries.tsv").relative_to(PROJECT)
    print(
        f"\nQueries of {source} understood exactly: {right} of {len(rows)}; {_row(milliseconds)} ms each, p50 | p95.\n"
    )


def _places() -> None:
    from tests.unipic.library.test_named_places import POINTS

    found = [(places().at(latitude, longitude), city, country) for latitude, longitude, city, country in POINTS]
    countries = sum(bool(place) and place.country == country for place, _, country in found if place)
    cities = sum(
        city in {name for one in (place, place.within) if one for name in (one.name, *one.others)}
        for place, city, _ in found
        if place
    )
    rng = np.random.default_rng(2)
    points = np.stack([rng.uniform(-50, 65, 500), rng.uniform(-180, 180, 500)], axis=1)
    milliseconds, _ = _timed([lambda p=p: places().at(*p) for p in points])  # type: ignore[misc]
    print(f"Places: {countries} of {len(found)} in the right country, {cities} in the right city; "
          f"{median(milliseconds):.2f} ms each.\n")  # fmt: skip


def _examples() -> None:
    """By example on labelled photos: how many of the others of a group are among the first ten."""
    folder = PHOTOS_FOLDER / "gallery_dev"
    if not folder.is_dir():
        print("By example: not measured here, the labelled photos are not at hand.\n")
        return
    with tempfile.TemporaryDirectory(prefix="unipic-bench-") as scratch:
        library = Library(Path(scratch) / "data")
        with open_tools(Settings.of(ranker="builtin", fetch=False), models_folder(), library.path.parent) as tools:
            index_gallery(library.add(folder), library, tools, Settings())
            label, asked = (
                tools.encoder.label,
                Asked(Searchable(library, tools.encoder.key, tools.encoder.calibration)),
            )
        photos = library.photos(library.listing().ids.tolist())
        digests = {photo.name: photo.digest for photo in photos}
        labels = [label for label in load_labels(folder) if label.file in digests]
        print(f"## By example, {len(photos)} labelled photos, {label}\n")
        print("| of the others of a group among the first 10 | examples | queries | recall@10 |\n|---|---:|---:|---:|")
        for name, group in (("same moment (`similar_group`)", "similar"), ("same subject (`family`)", "family")):
            groups: dict[str, list[str]] = defaultdict(list)
            for one in labels:
                if key := getattr(one, group):
                    groups[key].append(digests[one.file])
            for size in (1, 3):
                found = [_recall(asked, members, size) for members in groups.values() if len(set(members)) > size]
                several = [one for some in found for one in some]
                print(f"| {name} | {size} | {len(several):,} | {np.mean(several):.3f} |", flush=True)
        _zones(asked, labels, digests)


def _recall(asked: Asked, members: Sequence[str], size: int) -> list[float]:
    """For each member as an example, with those after it: the share of the rest, at most 10, that is found."""
    members = sorted(set(members))
    shares = []
    for start in range(len(members)):
        chosen = [members[(start + n) % len(members)] for n in range(size)]
        examples = [one for digest in chosen if (one := asked.example(digest))]
        ranked = asked.rank(asked.parse(""), asked.allowed(()), examples, lambda one, other: False)
        assert ranked is not None
        first = [d for at in ranked.order(asked.allowed(())) if (d := asked.library.digests[at]) not in chosen][:10]
        rest = set(members) - set(chosen)
        shares.append(len(rest & set(first)) / min(10, len(rest)))
    return shares


def _zones(asked: Asked, labels: Sequence[Label], digests: dict[str, str]) -> None:
    """How true the two sure headings are, over every fourth photo as an example."""
    by_digest = {digests[one.file]: one for one in labels}
    right, shown = Counter[str](), Counter[str]()
    for one in labels[::4]:
        example = asked.example(digests[one.file])
        found = search_gallery("", asked, [example] if example else [], every_shot=True)
        for at in found.order.tolist():
            other, zone = by_digest.get(asked.library.digests[at]), found.zone_of(at)
            if other and other.file != one.file and zone in HEADINGS[:2]:
                shown[zone] += 1
                near = {one.near, one.exact} & {other.near, other.exact} - {""}
                moment = (
                    near
                    or (one.similar and one.similar == other.similar)
                    or (one.family and one.family == other.family)
                )
                right[zone] += bool(near if zone == HEADINGS[0] else moment)
    print("\n| heading | photos under it | right |\n|---|---:|---:|")
    for zone in HEADINGS[:2]:
        print(f"| {zone} | {shown[zone]:,} | {right[zone] / max(shown[zone], 1):.3f} |")
    print()
