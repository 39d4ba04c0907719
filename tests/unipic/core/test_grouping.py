import random

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from unipic.core.grouping import GROUPINGS, components, dbscan, greedy

Pairs = list[tuple[int, int]]
CHAIN = [(0, 1), (1, 2), (2, 3), (3, 4)]


def run(grouping: str, n: int, pairs: Pairs) -> list[list[int]]:
    first, second = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    return GROUPINGS[grouping](n, first, second)


def near(n: int, pairs: Pairs) -> list[set[int]]:
    return [{b for a, b in [*pairs, *((b, a) for a, b in pairs)] if a == i} for i in range(n)]


def greedy_by_definition(n: int, pairs: Pairs) -> list[list[int]]:
    """Looking at everybody each time."""
    close, free = near(n, pairs), set(range(n))
    groups = []
    while True:
        crowd = {i: close[i] & free for i in free}
        leader = min(free, key=lambda i: (-len(crowd[i]), i), default=None)
        if leader is None or not crowd[leader]:
            return groups
        groups.append([leader, *sorted(crowd[leader])])
        free -= {leader, *crowd[leader]}


def joined_by_definition(n: int, pairs: Pairs, cores: set[int]) -> set[frozenset[int]]:
    """What hangs together through the cores."""
    groups, close, seen = set(), near(n, pairs), set[int]()
    for start in sorted(cores):
        if start in seen:
            continue
        group, edge = {start}, [start]
        while edge:
            here = edge.pop()
            new = close[here] - group if here in cores else set()
            group |= new
            edge += sorted(new)
        seen |= group & cores
        groups.add(frozenset(group))
    return {group for group in groups if len(group) > 1}


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, Pairs]:
    n = draw(st.integers(0, 12))
    pairs = [(a, b) for b in range(n) for a in range(b)]
    return n, sorted(draw(st.lists(st.sampled_from(pairs), unique=True))) if pairs else []


@given(graphs())
@settings(max_examples=300)
def test_greedy_equals_the_definition(graph: tuple[int, Pairs]) -> None:
    assert run("greedy", *graph) == greedy_by_definition(*graph)


@given(graphs())
@settings(max_examples=100)
def test_in_a_greedy_group_everybody_is_directly_like_the_leader(graph: tuple[int, Pairs]) -> None:
    close = near(*graph)
    for leader, *members in run("greedy", *graph):
        assert set(members) <= close[leader]


@given(graphs())
@settings(max_examples=100)
def test_components_are_everything_that_hangs_together(graph: tuple[int, Pairs]) -> None:
    groups = run("components", *graph)
    assert {frozenset(group) for group in groups} == joined_by_definition(*graph, cores=set(range(graph[0])))


def led_by_definition(groups: set[frozenset[int]], close: list[set[int]]) -> list[list[int]]:
    """Who has the most neighbours first; the groups in the order of their first photos."""
    return [sorted(group, key=lambda i: (-len(close[i]), i)) for group in sorted(groups, key=min)]


@given(graphs())
@settings(max_examples=50)
def test_leaders_and_groups_have_an_order(graph: tuple[int, Pairs]) -> None:
    groups = joined_by_definition(*graph, cores=set(range(graph[0])))
    assert run("components", *graph) == led_by_definition(groups, near(*graph))
    found = run("dbscan", *graph)
    assert found == led_by_definition({frozenset(group) for group in found}, near(*graph))


@given(graphs())
@settings(max_examples=100)
def test_dbscan_joins_through_cores(graph: tuple[int, Pairs]) -> None:
    """Whoever is at the edge of two groups is in one of them."""
    n, pairs = graph
    close = near(n, pairs)
    cores = {i for i in range(n) if len(close[i]) >= 2}
    expected = joined_by_definition(n, pairs, cores)
    groups = [set(group) for group in run("dbscan", n, pairs)]
    assert {frozenset(group & cores) for group in groups} == {group & cores for group in expected}
    assert set().union(*groups) == set().union(*expected)
    for group in groups:
        assert all(i in cores or close[i] & group & cores for i in group)


@given(graphs(), st.sampled_from(sorted(GROUPINGS)))
@settings(max_examples=200)
def test_nobody_is_in_two_groups_or_alone_in_one(graph: tuple[int, Pairs], grouping: str) -> None:
    groups = run(grouping, *graph)
    members = [i for group in groups for i in group]
    assert len(set(members)) == len(members)
    assert all(len(group) > 1 for group in groups)
    assert all(type(i) is int for i in members)
    close = near(*graph)
    for leader, *others in groups:
        if grouping != "greedy":  # the one with the most neighbours leads, of equals the first
            assert all((len(close[leader]), -leader) > (len(close[i]), -i) for i in others)


@given(graphs(), st.sampled_from(sorted(GROUPINGS)), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_the_order_of_the_pairs_and_their_sides_do_not_matter(
    graph: tuple[int, Pairs], grouping: str, rng: random.Random
) -> None:
    n, pairs = graph
    turned = [pair[:: rng.choice((1, -1))] for pair in pairs]
    rng.shuffle(turned)
    assert run(grouping, n, turned) == run(grouping, n, pairs)


@given(graphs(), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_other_numbers_make_the_same_components(graph: tuple[int, Pairs], rng: random.Random) -> None:
    n, pairs = graph
    to = list(range(n))
    rng.shuffle(to)
    renamed = [(to[a], to[b]) for a, b in pairs]
    assert {frozenset(to[i] for i in group) for group in run("components", n, pairs)} == {
        frozenset(group) for group in run("components", n, renamed)
    }


def test_a_chain() -> None:
    assert run("greedy", 6, CHAIN) == [[1, 0, 2], [3, 4]]
    assert [sorted(group) for group in run("components", 6, CHAIN)] == [[0, 1, 2, 3, 4]]
    assert [sorted(group) for group in run("dbscan", 6, CHAIN)] == [[0, 1, 2, 3, 4]]
    assert run("components", 6, CHAIN)[0][0] == run("dbscan", 6, CHAIN)[0][0] == 1


def test_a_pair_alone_is_no_crowd() -> None:
    assert run("greedy", 3, [(0, 2)]) == run("components", 3, [(0, 2)]) == [[0, 2]]
    assert run("dbscan", 3, [(0, 2)]) == []
    assert run("dbscan", 3, [(0, 1), (1, 2)]) == [[1, 0, 2]]


def test_whoever_has_the_most_neighbours_leads_and_loses_nobody_to_a_smaller_group() -> None:
    star = [(5, i) for i in range(5)]
    assert run("greedy", 8, [*star, (0, 6), (6, 7)]) == [[5, 0, 1, 2, 3, 4], [6, 7]]


def test_who_lost_neighbours_waits_for_its_turn() -> None:
    """0 had as many as 1 at first; with what is left, 8 leads before it."""
    pairs = [(0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 5), (1, 6), (7, 8), (8, 9)]
    assert run("greedy", 10, pairs) == greedy_by_definition(10, pairs) == [[1, 2, 3, 5, 6], [8, 7, 9], [0, 4]]


@pytest.mark.parametrize("grouping", sorted(GROUPINGS))
@pytest.mark.parametrize("n", [0, 1, 5])
def test_where_nobody_is_near_anybody_there_are_no_groups(grouping: str, n: int) -> None:
    assert run(grouping, n, []) == []


def test_many_at_once() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 20_000, (2, 100_000))
    keys = np.unique(np.stack([np.minimum(a, b), np.maximum(a, b)], axis=1)[a != b], axis=0)
    for grouping in (greedy, components, dbscan):
        groups = grouping(20_000, keys[:, 0], keys[:, 1])
        assert len({i for group in groups for i in group}) == sum(len(group) for group in groups) > 15_000
