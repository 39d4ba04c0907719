"""Mutated files, read by the real worker and by the parsers of our own: each has an answer, and nothing dies of one."""

import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.helpers.hostile_files import fuzz_seeds, mutant
from tests.helpers.pictures import xmp
from tests.helpers.tasks import Mutants, Read, read_mutants
from tests.safety.harness.amounts import amount
from tests.safety.harness.ledger import record

from unipic.core.settings import Limits
from unipic.reading._compression import jpeg_quality
from unipic.reading._content import jpeg_content, segments
from unipic.reading._exif import Exif, read_exif
from unipic.reading._imagedata import films_behind, image_data, places_between
from unipic.reading._xmp import Xmp, read_xmp
from unipic.reading.apple import Clip, maker_note, read_clip
from unipic.reading.engines.base import Failure
from unipic.reading.engines.local import LocalEngine
from unipic.reading.images import orientation

MUTANTS = amount(pr=1_500, nightly=200_000)
BATCH = 100
TIMEOUT_S = 300.0  # seconds for a batch; the time of each mutant is taken by itself


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder that is in memory where there is such a thing."""
    shm = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=shm if os.access(shm, os.W_OK) else None))
    yield folder
    shutil.rmtree(folder)


def batches(folder: Path, total: int, reader: str = "read") -> Iterator[Mutants]:
    names = list(fuzz_seeds())
    for first in range(0, total, BATCH):
        yield Mutants(names[first // BATCH % len(names)], first, min(BATCH, total - first), str(folder), reader)


def hunt(folder: Path, keep: Path, total: int, reader: str = "read") -> tuple[Read, int]:
    """All that was read, and the workers' deaths. The mutant of a death is kept, and named among the problems."""
    photos, others, deaths, problems = 0, 0, 0, []
    engine = LocalEngine(2, TIMEOUT_S, Limits().worker_memory)
    try:
        for batch, result in engine.map(read_mutants, batches(folder, total, reader)):
            if isinstance(result, Failure):
                deaths += 1
                left = folder / f"{batch.first}-{batch.seed}"
                problems.append(f"{result.reason}: {shutil.copy(left, keep) if left.exists() else batch}")
            else:
                photos, others = photos + result.photos, others + result.others
                problems += result.problems
    finally:
        engine.close()
    return Read(photos, others, tuple(problems)), deaths


def test_every_mutant_has_an_answer_in_the_worker(memory: Path, tmp_path: Path) -> None:
    found, deaths = hunt(memory, tmp_path, MUTANTS)
    record("T7", "mutants through the decode worker", MUTANTS, found=len(found.problems), note=f"{deaths} deaths")
    assert found.problems == ()
    assert found.photos + found.others == MUTANTS
    assert found.photos > MUTANTS / 20, "mutants that are still photos reach the decoders' insides"
    assert found.others > MUTANTS / 20, "and others break"


def test_what_a_reader_must_not_do_would_be_found(memory: Path, tmp_path: Path) -> None:
    raised, deaths = hunt(memory, tmp_path, 5, "raise")
    assert len(raised.problems) == 5
    assert deaths == 0
    died, deaths = hunt(memory, tmp_path, 2, "abort")
    assert deaths == 1
    (problem,) = died.problems
    assert "SIGABRT" in problem
    assert next(tmp_path.iterdir()).read_bytes() == mutant(next(iter(fuzz_seeds().values())), 0)


# The parsers of our own, in this process.

PACKETS = {
    "xmp": xmp('xmp:Rating="4" crs:HasSettings="True"', "<xmpMM:History><rdf:Seq><rdf:li/></rdf:Seq></xmpMM:History>"),
    "note": b"Apple iOS\0\0\1MM\0\2\0\x0b\0\2\0\0\0\x09\0\0\0\x2c\0\x11\0\2\0\0\0\x09\0\0\0\x35"
    + bytes(4)
    + b"burst-1\0\0ident-1\0",
}


def of_film(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    with path.open("rb") as file:
        clip = read_clip(file)
    assert isinstance(clip, Clip)
    assert clip.seconds is None or clip.seconds >= 0
    assert clip.identifier.isprintable()


def of_packet(data: bytes, path: Path) -> None:
    said = read_xmp(data)
    assert isinstance(said, Xmp)
    assert said.rating is None or -1 <= said.rating <= 5
    assert len(said.burst) <= 80


def of_note(data: bytes, path: Path) -> None:
    assert all(text.isprintable() and len(text) <= 80 for text in maker_note(data).values())


def of_jpeg(data: bytes, path: Path) -> None:
    places = list(segments(data))
    assert places == sorted(places, key=lambda place: place[1])
    assert len(jpeg_content(data)) in (0, 64)


def of_image_data(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    assert len(image_data(path)) in (0, 64)
    assert isinstance(places_between(path), bool)
    assert all(0 < place < len(data) for place in films_behind(path))


def of_exif(data: bytes, path: Path) -> None:
    image = Image.new("RGB", (1, 1))
    image.info["exif"] = b"Exif\0\0" + data
    image.info["xmp"] = data
    said = read_exif(image)
    assert isinstance(said, Exif)
    assert orientation(image) in range(1, 9)
    assert said.camera.isprintable()


def of_tables(data: bytes, path: Path) -> None:
    quality = jpeg_quality({0: list(data[:64])})
    assert quality is None or 1 <= quality <= 100


def exif_block() -> bytes:
    with Image.open(io.BytesIO(fuzz_seeds()["baseline.jpg"])) as image:
        return bytes(image.info["exif"][6:])


PARSERS: dict[str, tuple[Callable[[bytes, Path], None], Callable[[], list[bytes]]]] = {
    "film": (of_film, lambda: [fuzz_seeds()["film.mov"], fuzz_seeds()["phone.heic"]]),
    "xmp": (of_packet, lambda: [PACKETS["xmp"]]),
    "maker note": (of_note, lambda: [PACKETS["note"]]),
    "jpeg": (of_jpeg, lambda: [fuzz_seeds()["baseline.jpg"], fuzz_seeds()["progressive.jpg"]]),
    "image data": (of_image_data, lambda: list(fuzz_seeds().values())),
    "exif": (of_exif, lambda: [exif_block()]),
    "tables": (of_tables, lambda: [bytes(range(1, 65))]),
}


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of broken metadata, as images.decode ignores them
@pytest.mark.parametrize("parser", PARSERS)
def test_every_mutant_has_an_answer_from_our_own_parsers(parser: str, memory: Path) -> None:
    check, make = PARSERS[parser]
    whole = make()
    for data in whole:
        check(data, memory / "mutant")
    for number in range(MUTANTS):
        data = mutant(whole[number % len(whole)], number)
        try:
            check(data, memory / "mutant")
        except Exception as error:
            raise AssertionError(f"mutant {number} of {parser}: {error!r}") from error
    record("T7", f"mutants through the parser of {parser}", MUTANTS, found=0)


def test_the_parsers_are_given_what_they_understand() -> None:
    """Else a mutant of it would be turned away at the door."""
    assert set(maker_note(PACKETS["note"]).values()) == {"burst-1", "ident-1"}
    assert read_xmp(PACKETS["xmp"]).rating == 4
    assert jpeg_content(fuzz_seeds()["baseline.jpg"])
