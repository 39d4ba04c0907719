"""The index beside the exact search."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.galleries import embeddings, likeness, photo
from tests.unipic.cleanup.test_neighbours import in_any_order, named

from unipic.cleanup import _cells as module, _neighbours as search
from unipic.cleanup._cells import cells
from unipic.cleanup.clusters import clusters
from unipic.core.embeddings import Embeddings
from unipic.core.settings import PROJECT

pytestmark = pytest.mark.slow

LIKELY, LEAST = 0.648, 0.545
GALLERY = PROJECT.parent / "shared" / "photos" / "gallery_dev"
BOTH = """
import sys
import numpy as np
sys.path.insert(0, {src!r})
def torch_first():
    import torch
    return torch
def count():
    from unipic.cleanup import _cells as cells
    vectors = np.random.default_rng(0).normal(size=(2000, 32)).astype(np.float32)
    return sum(len(living) for living, _ in cells.cells(vectors, 2))
def product():
    torch = torch_first()
    return torch.nn.functional.conv2d(torch.ones(8, 3, 64, 64), torch.ones(4, 3, 3, 3)).sum().item()
print(*(work() for work in ({order})))
"""


def library(seed: int, amount: int, width: int = 64) -> Embeddings:
    """Kinds of scene, in them bursts of up to 40, half of all photos alone; as float16 leaves them."""
    rng = np.random.default_rng(seed)
    sizes = np.where(rng.random(amount) < 0.9, 1, rng.integers(2, 41, amount))
    shot = np.repeat(np.arange(amount), sizes)[:amount]
    scenes = 0.8 * rng.normal(size=(40, width))[rng.integers(40, size=amount)] + rng.normal(size=(amount, width))
    rows = scenes[shot] + rng.uniform(0.1, 0.6, amount)[shot][:, None] * rng.normal(size=(amount, width))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    return embeddings([photo(f"{i}") for i in range(amount)], rows)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an index whatever the size, that looks into as small a share of its cells as that of a large library."""
    monkeypatch.setattr(search, "EXACT_UP_TO", 0)


def test_next_to_all_pairs_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    series = library(0, 6000)
    exact = named(series, LIKELY, LEAST)
    assert len(exact) > 10_000
    monkeypatch.setattr(search, "EXACT_UP_TO", 0)
    found = named(series, LIKELY, LEAST)
    assert len(found.keys() & exact.keys()) >= 0.999 * len(exact)
    assert all(exact[pair] == value for pair, value in found.items() if pair in exact)
    few = max(search.MAX_NEIGHBOURS, module.PROBES)
    assert len(exact) < 6000 * few  # and not by looking at all of them


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("threads", [1, 3])
def test_the_order_of_the_files_and_the_threads_do_not_matter(threads: int) -> None:
    series = library(1, 2500)
    first = named(series, LIKELY, LEAST, threads=2)
    assert named(in_any_order(series, random.Random(threads)), LIKELY, LEAST, threads) == first


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("amount", [1, 2, 5, 60])
def test_few_photos_have_fewer_cells(amount: int) -> None:
    series = library(2, amount, width=3)
    found = named(series, 0.5, 0.4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "EXACT_UP_TO", 10**9)
        assert named(series, 0.5, 0.4) == found


@pytest.mark.usefixtures("small")
def test_a_burst_beyond_what_counts_of_one_photo_hangs_together() -> None:
    rng = np.random.default_rng(3)
    burst = np.eye(32)[0] + 0.02 * rng.normal(size=(500, 32))
    others = rng.normal(size=(1500, 32))
    series = embeddings([photo(f"{i}") for i in range(2000)], np.concatenate([burst, others]))
    found = named(series, LIKELY, LEAST)
    of_one = dict.fromkeys(range(500), 0)
    for pair in found:
        for id in pair:
            of_one[int(id)] = of_one.get(int(id), 0) + 1
    assert min(of_one[i] for i in range(500)) >= search.MAX_NEIGHBOURS


@pytest.mark.usefixtures("small")
def test_many_photos_with_one_vector_are_as_good_as_few() -> None:
    """Cells cannot part them."""
    rows = np.concatenate([np.ones((3000, 1)) * np.eye(16)[0], np.random.default_rng(4).normal(size=(500, 16))])
    found = named(embeddings([photo(f"{i}") for i in range(3500)], rows), LIKELY, LEAST)
    assert len([pair for pair in found if max(map(int, pair)) < 3000]) == 64 * 63 // 2 + 64 * (3000 - 64)


def test_each_photo_lives_in_one_cell_and_looks_into_its_nearest() -> None:
    vectors = library(5, 2000).vectors
    lives, looks = np.zeros(2000, int), np.zeros(2000, int)
    tiles = list(cells(vectors, 2))
    for living, looking in tiles:
        assert np.all(np.diff(living) > 0)
        assert np.all(np.diff(looking) > 0)
        assert set(living.tolist()) <= set(looking.tolist())
    for living, looking in tiles[len(tiles) // 2 :]:
        lives[living] += 1
        looks[looking] += 1
    assert set(lives.tolist()) == {1}
    assert looks.max() <= module.PROBES


def test_clusters_are_those_of_the_exact_search(monkeypatch: pytest.MonkeyPatch) -> None:
    series = library(6, 4000)
    exact = grouped(series)
    assert len(exact) > 100
    monkeypatch.setattr(search, "EXACT_UP_TO", 0)
    assert grouped(series) == exact


def grouped(series: Embeddings) -> list[list[str]]:
    """By cosine alone, as if its hundredfold were the similarity; at what stands for 90 of it."""
    pairs = {f"{a} {b}": 100 * value for (a, b), value in named(series, LIKELY, LEAST).items()}
    return [[one.id for one in group] for group in clusters(likeness(list(series.photos), pairs), 70.5)]


@pytest.mark.skipif(not GALLERY.is_dir(), reason="the labelled photos are not at hand")
def test_clusters_of_real_photos_are_those_of_the_exact_search(monkeypatch: pytest.MonkeyPatch) -> None:
    series = real_photos()
    exact = grouped(series)
    assert len(exact) > 20
    monkeypatch.setattr(search, "EXACT_UP_TO", 0)
    monkeypatch.setattr(module, "PROBES", 24)  # of 63 cells
    assert grouped(series) == exact


def real_photos() -> Embeddings:
    """Some folders of them, as the encoder sees them that needs no weights."""
    from PIL import Image, ImageOps

    from unipic.vision.base import VIEW
    from unipic.vision.builtin import BuiltinEncoder

    views = []
    for path in sorted(GALLERY.rglob("*.jpg"))[:250]:
        with Image.open(path) as image:
            image.draft("RGB", (VIEW, VIEW))
            views.append(np.asarray(ImageOps.exif_transpose(image).convert("RGB").resize((VIEW, VIEW))))
    return embeddings([photo(f"{i}") for i in range(len(views))], BuiltinEncoder().embed(np.stack(views)))


@pytest.mark.nightly
@pytest.mark.parametrize("order", ["product, count, product", "count, product, count"])
def test_faiss_and_torch_work_in_one_process(order: str) -> None:
    """Each brings an OpenMP of its own; whichever is loaded first."""
    script = BOTH.format(src=str(Path(PROJECT, "src")), order=order)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    numbers = [float(number) for number in done.stdout.split()]
    values = {"product": 8 * 4 * 62 * 62 * 27.0, "count": 4000.0}
    assert numbers == [values[name] for name in order.split(", ")], done.stderr
