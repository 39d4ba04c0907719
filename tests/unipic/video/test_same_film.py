"""Which films are one film, on made-up fingerprints."""

import numpy as np
import pytest

from unipic.video.fingerprints import Fingerprint
from unipic.video.same_film import Alike, SameFilm, pairs_of, same_films, tells

EACH = 0.25  # seconds


def film(seed: int, number: int = 40) -> Fingerprint:
    chance = np.random.default_rng(seed)
    hashes, mirrored = chance.integers(0, 1 << 63, (2, number), np.uint64)
    return Fingerprint(np.arange(number, dtype=np.float32) * EACH, hashes, mirrored, np.ones(number, bool))


def part(whole: Fingerprint, first: int, last: int) -> Fingerprint:
    wanted = np.zeros(len(whole), bool)
    wanted[first:last] = True
    some = whole.only(wanted)
    return Fingerprint(some.times - some.times[0], some.hashes, some.mirrored, some.votes)


def joined(*films: Fingerprint) -> Fingerprint:
    hashes, mirrored = (np.concatenate([getattr(one, name) for one in films]) for name in ("hashes", "mirrored"))
    times = np.arange(len(hashes), dtype=np.float32) * EACH
    return Fingerprint(times, hashes, mirrored, np.ones(len(hashes), bool))


def noisy(whole: Fingerprint, bits: int, seed: int = 9) -> Fingerprint:
    chance = np.random.default_rng(seed)
    noise = np.array([sum(1 << int(b) for b in chance.choice(63, bits, replace=False)) for _ in whole.times], np.uint64)
    return Fingerprint(whole.times, whole.hashes ^ noise, whole.mirrored ^ noise, whole.votes)


def found(*films: Fingerprint, alike: Alike = Alike()) -> list[SameFilm]:  # noqa: B008  frozen
    return same_films(films, [EACH * len(one) for one in films], alike)


def test_a_film_in_another_file_is_the_same_film() -> None:
    (pair,) = found(film(1), noisy(film(1), 8), film(2))
    assert (pair.kind, pair.mirrored, pair.coverage, pair.offset) == ("same", False, 1.0, 0.0)
    assert {pair.first, pair.second} == {0, 1}


def test_a_trimmed_film_is_part_of_the_longer_one_from_its_offset_on() -> None:
    (pair,) = found(part(film(1), 10, 30), film(1))
    assert (pair.first, pair.second, pair.kind) == (1, 0, "contains")
    assert pair.offset == pytest.approx(2.5)


def test_a_mirrored_film_is_found_and_said_to_be() -> None:
    back = Fingerprint(film(1).times, film(1).mirrored, film(1).hashes, film(1).votes)
    assert [(one.kind, one.mirrored) for one in found(film(1), noisy(back, 5))] == [("same", True)]


def test_symmetric_pictures_are_not_called_mirrored() -> None:
    one = Fingerprint(film(1).times, film(1).hashes, film(1).hashes, film(1).votes)
    assert [pair.mirrored for pair in found(one, noisy(one, 5))] == [False]


@pytest.mark.parametrize("bits", [12, 13])
def test_pictures_further_apart_than_the_limit_do_not_agree(bits: int) -> None:
    assert bool(found(film(1), noisy(film(1), bits))) == (bits <= 12)


@pytest.mark.parametrize(("shared", "same"), [(18, False), (22, True)])
def test_half_of_the_shorter_film_must_agree_at_one_offset(shared: int, same: bool) -> None:
    other = joined(part(film(1), 0, shared), part(film(2), 0, 40 - shared))
    assert bool(found(film(1), other)) == same


def test_the_same_pictures_in_another_order_are_another_film() -> None:
    pieces = [part(film(1), start, start + 8) for start in range(0, 40, 8)]
    assert found(film(1), joined(*(pieces[place] for place in (3, 0, 4, 1, 2)))) == []


def test_an_intro_that_many_films_share_makes_no_copies() -> None:
    intro = film(99, 24)
    series = [joined(intro, film(seed, 16)) for seed in range(10)]
    assert found(*series) == []
    assert [pair.kind for pair in found(*series, noisy(series[0], 4))] == ["same"]


def test_a_film_with_many_copies_is_found_in_all_of_them() -> None:
    films = [noisy(film(1), 3, seed) for seed in range(8)]
    assert len(found(*films)) == 8 * 7 // 2


def test_two_films_in_which_nothing_moves_are_not_compared() -> None:
    still = Fingerprint(film(1).times, np.full(40, 12345, np.uint64), np.full(40, 999, np.uint64), film(1).votes)
    assert not tells(still)
    assert found(still, noisy(still, 1)) == []


def test_a_film_of_black_pictures_agrees_with_nothing() -> None:
    black = Fingerprint(film(1).times, film(1).hashes, film(1).mirrored, np.zeros(40, bool))
    assert not tells(black)
    assert found(black, black, film(1)) == []


def test_clips_of_a_second_need_all_of_their_pictures() -> None:
    second = part(film(1), 8, 11)
    assert [pair.kind for pair in found(film(1), second)] == ["contains"]
    spoilt = Fingerprint(second.times, second.hashes ^ np.array([0, (1 << 30) - 1, 0], np.uint64), second.mirrored,
                         second.votes)  # fmt: skip
    assert found(film(1), spoilt) == []


def test_long_films_are_compared_by_fewer_pictures_and_agree_as_exactly() -> None:
    long = film(5, 3000)
    (pair,) = found(long, noisy(part(long, 1001, 2501), 6))
    assert (pair.kind, pair.coverage) == ("contains", 1.0)
    assert pair.offset == pytest.approx(1001 * EACH)


def test_of_many_films_those_with_equal_bands_are_compared() -> None:
    films = [film(seed, 20) for seed in range(30)] + [noisy(film(7, 20), 4)]
    assert list(pairs_of(films, range(31), many=10)) == [(7, 30)]
    assert len(list(pairs_of(films, range(31)))) == 31 * 30 // 2


def test_the_order_of_films_changes_nothing() -> None:
    films = [film(1), noisy(film(1), 6), part(film(1), 5, 25), film(2)]
    there = {(frozenset((one.first, one.second)), one.kind) for one in found(*films)}
    back = {(frozenset((3 - one.first, 3 - one.second)), one.kind) for one in found(*films[::-1])}
    assert there == back
    assert len(there) == 3
