"""What a person said of photos, by content: who belongs together, who does not, and what stays of them."""

from collections import Counter

import hypothesis.strategies as st
from hypothesis import given
from tests.helpers.galleries import copies_of, likeness, photo

from unipic.cleanup.bonds import Bonds, settled
from unipic.cleanup.likeness import Likeness
from unipic.core.photo import Photo
from unipic.library.decisions import Ruling

A, B, C, D = PHOTOS = [photo(id, digest=id) for id in "abcd"]
LONG_AGO = dict.fromkeys("abcd", 0.0)


def said(parts: str, at: float = 1.0, kept: str | None = None, moment: bool = True, names: str = "") -> Ruling:
    """ "ab c": a and b belong together, c does not."""
    split = tuple(tuple(part) for part in parts.split())
    stays = None if kept is None else tuple(kept)
    return Ruling(f"{parts} {at} {moment}", at, split, stays, moment, tuple(f"{name}.jpg" for name in names))


def left(bonds: Bonds, pairs: dict[str, float], moment: bool = True) -> set[str]:
    """Pairs that are not cut."""
    found = bonds.cut(likeness(PHOTOS, pairs, pairs), moment)
    return {f"{found.photos[a].id} {found.photos[b].id}" for a, b in zip(found.first, found.second, strict=True)}


def test_the_newest_that_names_both_decides() -> None:
    apart, together = said("a b", at=1), said("ab", at=2)
    assert Bonds([apart], {}).apart(A, B, True)
    assert not Bonds([apart, together], {}).apart(A, B, True)
    assert not Bonds([together, apart], {}).apart(A, B, True), "in whatever order they come"
    assert Bonds([together, said("a b", at=3)], {}).apart(A, B, False)
    assert not Bonds([apart], LONG_AGO).apart(A, C, True), "nothing was said of c"


def test_what_is_settled_only_a_new_photo_may_join() -> None:
    bonds = Bonds([said("ab", at=5, kept="a")], {**LONG_AGO, "c": 5.0, "d": 5.1})
    assert bonds.apart(A, C, True)
    assert bonds.apart(C, B, True)
    assert not bonds.apart(A, D, True)
    assert not bonds.apart(A, B, True)
    assert not bonds.apart(C, D, True)
    assert not bonds.apart(A, C, False), "shots of a moment may have copies"
    assert not Bonds([said("ab", at=5, kept="a")], {}).apart(A, C, True), "never seen before"


def test_settled_later_than_put_together_holds() -> None:
    merged, decided = said("abcd", at=1), said("ab", at=2, kept="a")
    assert Bonds([merged, decided], LONG_AGO).apart(A, C, True)
    assert not Bonds([decided, said("abcd", at=3)], LONG_AGO).apart(A, C, True)
    all_decided = said("abc", at=1, kept="a")
    assert not Bonds([all_decided, decided], LONG_AGO).apart(A, C, True), "c was decided with them too"


def test_two_kept_apart_do_not_meet_through_a_third_unless_it_is_new() -> None:
    pairs = {"a b": 80.0, "a c": 90.0, "b c": 85.0}
    assert left(Bonds([said("a b")], LONG_AGO), pairs) == {"a c"}
    assert left(Bonds([said("a b")], LONG_AGO), pairs, moment=False) == {"a c"}
    assert left(Bonds([said("a b")], {**LONG_AGO, "c": 2.0}), pairs) == {"a c", "b c"}
    assert left(Bonds([said("a b", at=1), said("ab", at=2)], LONG_AGO), pairs) == set(pairs)


def test_nor_through_those_they_were_put_together_with() -> None:
    bonds = Bonds([said("a b", at=1), said("bc", at=2)], LONG_AGO)
    assert left(bonds, {"a c": 95.0}) == set()
    assert left(bonds, {"a d": 95.0, "c d": 90.0}) == {"a d"}


def test_settled_shots_are_no_copies_and_settled_copies_surely_are() -> None:
    pairs = {"a b": 30.0}
    shots, copies = (Bonds([said("ab", kept="a", moment=moment)], LONG_AGO) for moment in (True, False))
    assert left(shots, pairs, moment=False) == set()
    assert left(copies, pairs, moment=False) == {"a b"}
    assert copies.cut(likeness(PHOTOS, pairs, pairs), moment=False).sameness.tolist() == [100.0]


def test_a_shot_put_with_others_becomes_no_copy_of_a_better_one_that_was_there() -> None:
    better = photo("x", digest="c", size=9999)
    pairs = likeness([better, A, B], {}, {"x a": 60.0})
    bonds = Bonds([said("ab")], LONG_AGO)
    assert bonds.cut(pairs, moment=False).sameness.tolist() == []
    lesser = likeness([photo("x", digest="c", size=1), A, B], {}, {"x a": 60.0})
    assert bonds.cut(lesser, moment=False).sameness.tolist() == [60.0], "it may have been its copy"
    assert Bonds([said("ab")], {}).cut(pairs, moment=False).sameness.tolist() == [60.0], "it is new"


def test_two_taken_apart_are_so_in_other_files_of_the_same_pixels_too() -> None:
    """Or the one would go for a copy of the other."""
    pairs = {"a b": 95.0, "a c": 95.0}
    torn = Bonds([said("d b")], {}).without_torn(likeness(PHOTOS, pairs, pairs), [copies_of(A, D)])
    assert (torn.similar(A, B), torn.similar(A, C)) == (0, 95)


def test_without_rulings_nothing_is_cut() -> None:
    pairs = likeness(PHOTOS, {"a b": 90.0, "c d": 50.0})
    for moment in (True, False):
        assert Bonds((), {}).cut(pairs, moment).similarity.tolist() == [90.0, 50.0]
    assert not Bonds((), {})
    assert Bonds((), {}).links(PHOTOS) == []


rulings = st.lists(
    st.builds(
        lambda cut, at, kept, moment, digests: Ruling(
            f"{cut}{at}{digests}",
            at,
            tuple(p for p in (digests[:cut], digests[cut:]) if p),
            kept and digests[:1],
            moment,
        ),
        st.integers(0, 3),
        st.floats(0, 9),
        st.booleans().map(lambda kept: kept or None),
        st.booleans(),
        st.lists(st.sampled_from("abcd"), min_size=2, unique=True).map(tuple),
    ),
    max_size=5,
    unique_by=lambda ruling: ruling.at,
)
pairs_of_photos = st.dictionaries(
    st.sampled_from([f"{a.id} {b.id}" for a in PHOTOS for b in PHOTOS if a.id < b.id]), st.floats(50, 99)
)


@given(rulings, pairs_of_photos, st.dictionaries(st.sampled_from("abcd"), st.floats(0, 9)), st.booleans())
def test_no_pair_that_is_apart_is_left_in_whatever_order(
    rulings: list[Ruling], pairs: dict[str, float], seen: dict[str, float], moment: bool
) -> None:
    bonds = Bonds(rulings, seen)
    there: Likeness = likeness(PHOTOS, pairs, pairs)
    kept = left(bonds, pairs, moment)
    assert kept <= set(pairs)
    for a in there.photos:
        for b in there.photos:
            assert bonds.apart(a, b, moment) == bonds.apart(b, a, moment)
            assert not (bonds.apart(a, b, moment) and f"{a.id} {b.id}" in kept)
    assert left(Bonds(rulings[::-1], seen), pairs, moment) == kept
    turned = bonds.cut(likeness(PHOTOS[::-1], pairs, pairs), moment)
    ids = [photo.id for photo in turned.photos]
    assert {" ".join(sorted((ids[a], ids[b]))) for a, b in zip(turned.first, turned.second, strict=True)} == kept


@given(rulings, st.dictionaries(st.sampled_from("abcd"), st.floats(0, 9)))
def test_what_is_linked_is_not_apart(rulings: list[Ruling], seen: dict[str, float]) -> None:
    bonds = Bonds(rulings, seen)
    bundle = {photo.id: {photo.id} for photo in PHOTOS}
    for a, b in bonds.links(PHOTOS):
        together = bundle[a.id] | bundle[b.id]
        bundle |= dict.fromkeys(together, together)
    by_id = {photo.id: photo for photo in PHOTOS}
    torn = [(p, q) for those in bundle.values() for p in those for q in those if p < q]
    for p, q in torn:
        common = [ruling for ruling in bonds.rulings if {p, q} <= ruling.digests]
        assert (
            not common
            or any({p, q} <= set(part) for part in common[-1].parts)
            or not bonds.apart(by_id[p], by_id[q], True)
        )


# What stays.


def files(*named: str) -> list[Photo]:
    """ "a1": content a, called a1."""
    return [photo(f"{i}", digest=name[0], name=f"{name}.jpg") for i, name in enumerate(named)]


def staying(photos: list[Photo], *about: Ruling) -> str | None:
    stays = settled(photos, about)
    return None if stays is None else " ".join(sorted(one.name[:-4] for one in photos if one.id in stays))


def test_all_of_a_group_must_be_settled_and_something_must_stay() -> None:
    decided = said("abc", kept="b")
    assert staying(files("a", "b", "c"), decided) == "b"
    assert staying(files("a", "b"), decided) == "b"
    assert staying(files("a", "c"), decided) is None, "none of those that were kept is there"
    assert staying(files("a", "b", "d"), decided) is None
    assert staying(files("a", "b"), said("ab")) is None, "nothing was decided"
    assert staying(files("a", "b"), said("abc", kept="")) is None
    assert staying(files("a", "b")) is None


def test_one_photo_in_common_is_no_decision_about_a_group() -> None:
    assert staying(files("a", "b"), said("ac", kept="a"), said("bd", kept="b")) is None


def test_the_newest_decision_about_a_photo_counts() -> None:
    whole, later = said("abc", at=1, kept="a"), said("ab", at=2, kept="b")
    assert staying(files("a", "b", "c"), whole, later) == staying(files("a", "b", "c"), later, whole) == "b"


def test_of_identical_files_as_many_stay_as_were_kept_those_with_their_names_first() -> None:
    decided = said("aaa", kept="aa", names="xyz")  # x and y were kept
    assert staying(files("a1", "a2", "a3"), decided) == "a1 a2"
    named = [photo(name, digest="a", name=f"{name}.jpg") for name in "zyx"]
    assert settled(named, [decided]) == {"x", "y"}
    assert staying(files("a1", "a2"), decided) == "a1 a2"
    assert staying(files("a1", "a2", "a3", "a4"), decided) is None, "one more than there was"


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=6), st.data())
def test_the_same_files_keep_as_many_of_each(contents: list[str], data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.sampled_from(range(len(contents))), unique=True, min_size=1))
    decided = Ruling("r", 1.0, (tuple(contents),), tuple(contents[i] for i in kept))
    order = data.draw(st.permutations(range(len(contents))))
    photos = [photo(str(i), digest=contents[i], name=f"{data.draw(st.integers(0, 3))}.jpg") for i in order]
    stays = settled(photos, [decided])
    assert stays is not None
    assert Counter(one.digest for one in photos if one.id in stays) == Counter(decided.kept)
