"""Mutated films: each is read, or refused with a reason, and no worker dies of one."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers.filmed import remuxed, walk, write_film
from tests.safety.harness.amounts import amount

from unipic.core.photo import Found
from unipic.video import reading
from unipic.video.keyframes import Asked, look
from unipic.video.reading import Order, print_film, read_film

MUTANTS = amount(pr=24, nightly=2_000)
HEAD = 1_000  # bytes in which headers lie


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("seeds")
    film = write_film(folder / "film.mp4", walk(1, 0.5, (64, 48)), sound=440)
    mjpeg = write_film(folder / "old.avi", walk(2, 0.3, (64, 48)), codec="mjpeg", options={})
    return [film, remuxed(film, folder / "film.mkv"), remuxed(film, folder / "film.ts"), mjpeg]


def mutant(data: bytes, chance: random.Random) -> bytes:
    """Bytes changed in the header or anywhere, the end cut off, a piece doubled or moved, or a length made huge."""
    changed = bytearray(data)
    way = chance.choice(("header", "anywhere", "cut", "doubled", "moved", "huge"))
    if way in ("header", "anywhere"):
        for _ in range(chance.choice((1, 3, 20))):
            changed[chance.randrange(min(HEAD, len(changed)) if way == "header" else len(changed))] = chance.randrange(
                256
            )
    elif way == "cut":
        del changed[chance.randrange(len(changed)) :]
    elif way == "huge":
        at = chance.randrange(len(changed) - 4)
        changed[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0"))
    else:
        at, size, to = (chance.randrange(1, len(changed) // 2) for _ in range(3))
        piece = changed[at : at + size]
        if way == "moved":
            del changed[at : at + size]
        changed[to:to] = piece
    return bytes(changed)


def both(order: Order) -> Iterator[tuple[str, int]]:
    """What the picture, the fingerprint and the shots of a film came to."""
    picture, _ = next(read_film(order))
    yield picture.photo.note, len(next(print_film(order))) + len(list(look(Asked(order.file.path))))


def test_no_mutated_film_kills_its_worker(seeds: list[Path], tmp_path: Path) -> None:
    files = []
    for number in range(MUTANTS):
        seed = seeds[number % len(seeds)]
        path = tmp_path / f"{number}{seed.suffix}"
        path.write_bytes(mutant(seed.read_bytes(), random.Random(number)))
        files.append(Found(str(number), path.name, str(path), path.stat().st_size))
    made = list(reading._made(both, [Order(file) for file in files], "", lambda step: None))
    assert [file for file, _ in made] == files, "each has an answer"
    refused = [told for _, told in made if isinstance(told, str)]
    died = [told for told in refused if told.startswith("is a film that ")]
    assert died == []
    assert 0 < len(refused) < MUTANTS, "some are refused, and some are still films"
