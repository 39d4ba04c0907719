"""What the memory benchmark makes of its looks."""

from benchmarks.memory import Sample, slope


def test_the_slope_is_that_of_the_second_half_of_reading() -> None:
    first = [Sample(done, 1_000_000 * done, 0) for done in range(1, 50)]
    second = [Sample(done, 50_000_000 + 7_000 * done, 0) for done in range(50, 100)]
    later = [Sample(0, 900_000_000, 0)] * 50
    found = slope([*first, *second, *later], 100)
    assert found is not None
    assert abs(found - 7_000) < 1


def test_too_few_looks_have_no_slope() -> None:
    assert slope([Sample(60, 1, 0), Sample(70, 2, 0)], 100) is None
