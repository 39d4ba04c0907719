"""A film's fingerprint: what changes it, and what does not."""

import numpy as np
import pytest

from unipic.video import fingerprints
from unipic.video.fingerprints import SIDE, Fingerprint, fingerprint, unpacked


def grey(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).uniform(40, 220, (8, 8))
    return np.kron(coarse, np.ones((SIDE // 8, SIDE // 8))).astype(np.uint8)


def of(*pictures: np.ndarray) -> Fingerprint:
    return fingerprint((number / 4, one) for number, one in enumerate(pictures))


def apart(a: Fingerprint, b: Fingerprint) -> int:
    return int(np.bitwise_count(a.hashes ^ b.hashes).max())


def test_another_picture_is_another_hash() -> None:
    assert apart(of(grey(1)), of(grey(2))) > 18


def test_brighter_darker_and_noisy_pictures_keep_their_hash() -> None:
    film = of(*map(grey, range(6)))
    noise = np.random.default_rng(0).normal(0, 3, (6, SIDE, SIDE))
    graded = [np.clip(20 + 0.8 * grey(number) + noise[number], 0, 255).astype(np.uint8) for number in range(6)]
    assert apart(film, of(*graded)) <= 4


def test_a_mirrored_film_has_the_mirrored_hash() -> None:
    film, back = of(*map(grey, range(6))), of(*(grey(number)[:, ::-1] for number in range(6)))
    assert (film.mirrored == back.hashes).all()
    assert (film.hashes == back.mirrored).all()


@pytest.mark.parametrize(("rows", "columns"), [(0, 8), (8, 0), (8, 8)])
def test_black_bars_are_cut_off(rows: int, columns: int) -> None:
    pictures = [grey(number) for number in range(6)]
    barred = []
    for one in pictures:
        inside = np.full_like(one, 16)
        y = np.linspace(0, SIDE - 1, SIDE - 2 * rows).round().astype(int)
        x = np.linspace(0, SIDE - 1, SIDE - 2 * columns).round().astype(int)
        inside[rows : SIDE - rows, columns : SIDE - columns] = one[np.ix_(y, x)]
        barred.append(inside)
    assert apart(of(*pictures), of(*barred)) <= 6


def test_black_and_grey_pictures_have_no_vote() -> None:
    film = of(grey(1), np.full((SIDE, SIDE), 16, np.uint8), np.full((SIDE, SIDE), 120, np.uint8))
    assert film.votes.tolist() == [True, False, False]
    assert len(film.voting) == 1


def test_a_long_film_is_hashed_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = of(*map(grey, range(10)))
    monkeypatch.setattr(fingerprints, "BLOCK", 3)
    parts = of(*map(grey, range(10)))
    assert (whole.hashes == parts.hashes).all()
    assert (whole.times == parts.times).all()


def test_a_fingerprint_is_stored_and_read_again() -> None:
    film = of(*map(grey, range(5)), np.zeros((SIDE, SIDE), np.uint8))
    again = unpacked(film.packed())
    for name in ("times", "hashes", "mirrored", "votes"):
        assert (getattr(again, name) == getattr(film, name)).all()
    assert len(unpacked(b"")) == 0
    with pytest.raises(ValueError, match="no fingerprint"):
        unpacked(b"12345")
