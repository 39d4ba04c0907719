from dataclasses import replace

import pytest
from tests.helpers.galleries import cleanup, cluster, copies_of, photo

from unipic.cleanup.result import CLEAR, Cleanup
from unipic.core.photo import Gallery


def test_a_photo_in_no_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no place, or in two"):
        Cleanup(Gallery((photo("a"),)), (), (), (), (), 0.9, "", "")


def test_a_photo_in_two_places_is_refused() -> None:
    a, b = photo("a"), photo("b")
    with pytest.raises(ValueError, match="no place, or in two"):
        Cleanup(Gallery((a, b)), (copies_of(a, b),), (), (), (a, b), 0.9, "", "")


def test_a_keeper_that_is_a_copy_itself_is_refused() -> None:
    a, b, c = photo("a"), photo("b"), photo("c")
    with pytest.raises(ValueError, match="a keeper does not stay"):
        cleanup(singles=(a,), exact=(copies_of(a, b),), near=(copies_of(b, c, kind="near"),))


def test_lanes_and_best() -> None:
    a, b, c, d = (photo(name) for name in "abcd")
    found = cleanup((cluster(a, b),), exact=(copies_of(a, c),), near=(copies_of(b, d, kind="near"),))
    assert [lane.kind for lane in found.lanes] == ["exact", "near"]
    assert found.clusters[0].best is a


@pytest.mark.parametrize(("certainty", "close"), [(0.5, True), (CLEAR - 0.001, True), (CLEAR, False), (1.0, False)])
def test_a_pick_below_the_limit_is_a_close_call(certainty: float, close: bool) -> None:
    assert replace(cluster(photo("a"), photo("b")), certainty=certainty).close_call == close
