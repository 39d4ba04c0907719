"""What is put before a person: which of each group stays, why, and how sure that is."""

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.helpers.accepted import accept_all
from tests.helpers.desks import FOLDERS, World, evidence, names_for, worlds
from tests.helpers.galleries import photo

from unipic.cleanup.evidence import Evidence
from unipic.core.settings import Settings
from unipic.review.outcomes import outcomes
from unipic.review.proposal import SAME_PICTURE, UNSURE, Group, Proposal, group_id, propose
from unipic.review.rules import PREFERENCES, Rules
from utils import arrange

A = photo("a", size=4000, name="phone/a.jpg")
B = photo("b", size=3000, name="albums/b.jpg")
C = photo("c", size=2000, name="albums2/c.jpg")


def proposed(found: Evidence, rules: Rules = Rules(), **changes: Any) -> Proposal:  # noqa: B008  frozen
    return propose(arrange(found, Settings.of(**changes).thresholds), rules)


def the_group(found: Evidence, **rules: tuple[str, ...]) -> Group:
    (group,) = proposed(found, Rules(**rules)).groups
    return group


def shots() -> Evidence:
    return evidence([A, B, C], {"a b": 95.0, "a c": 95.0, "b c": 95.0})


def copies(**same: float) -> Evidence:
    pairs = {"a b": 80.0, "a c": 80.0, "b c": 80.0, **{pair.replace("_", " "): value for pair, value in same.items()}}
    return evidence([A, B, C], dict.fromkeys(pairs, 99.0), {pair: value for pair, value in pairs.items() if value})


def stays(group: Group) -> str:
    return "".join(sorted(group.suggested))


def test_a_group_is_known_by_its_photos_alone() -> None:
    assert group_id([A, B]) == group_id([B, A]) != group_id([A, C])
    assert len(group_id([replace(A, id="\udcff"), B])) == 16


def test_the_three_lanes() -> None:
    assert the_group(evidence([A, photo("z", digest=A.digest)], {})).lane == "identical"
    assert the_group(copies()).lane == "same"
    assert the_group(shots()).lane == "similar"
    twin = the_group(evidence([A, photo("z", digest=A.digest)], {}))
    assert (twin.certainty, twin.doubt, the_group(copies()).certainty) == (1.0, "", SAME_PICTURE)


@pytest.mark.parametrize("found", [shots, copies])
def test_rules_choose_what_stays_and_say_so(found: Any) -> None:
    assert stays(the_group(found(), prefer=("albums",))) == "b"
    assert the_group(found(), prefer=("albums",)).reason == "it lies in albums/, which you prefer"
    assert stays(the_group(found(), prefer=("albums2", "albums"))) == "c"
    assert stays(the_group(found(), by=("fewer bytes",))) == "c"
    assert "fewer bytes" in the_group(found(), by=("fewer bytes",)).reason
    protected = the_group(found(), protect=("albums", "albums2"), prefer=("phone",))
    assert stays(protected) == "bc"
    assert protected.protected == {"b", "c"}
    assert protected.photos[-1].id == "a"


def test_avoided_goes_first_even_if_it_is_the_better_original() -> None:
    assert the_group(copies()).photos[0].id == "a"
    assert stays(the_group(copies(), avoid=("phone",))) == "b"
    group = the_group(evidence([A, B], {"a b": 99.0}, {"a b": 80.0}), avoid=("phone",))
    assert group.reason == "the other lies in phone/, which you would rather set aside"


def test_what_rules_put_first_does_not_replace_what_it_was_not_compared_with() -> None:
    """b and c are both the same as a; b and c are not known to be."""
    group = the_group(copies(b_c=0.0), prefer=("albums",))
    assert [one.id for one in group.photos] == ["b", "a", "c"]
    assert stays(group) == "bc"
    assert dict(zip("bac", group.alike, strict=True)) == {"b": 100.0, "a": 100.0, "c": None}
    assert "not directly compared with albums/b.jpg" in group.words[2]


def test_nor_a_shot_it_is_not_directly_like() -> None:
    found = evidence([A, B, C], {"a b": 95.0, "a c": 95.0, "b c": 60.0})
    group = the_group(found, prefer=("albums",))
    assert stays(group) == "bc"
    assert group.alike[[one.id for one in group.photos].index("c")] == 60.0


def test_a_shot_is_preferred_for_the_folder_of_its_copy() -> None:
    copy = photo("d", digest=B.digest, size=3000, name="prints/d.jpg")
    found = evidence([A, B, copy], {"a b": 95.0, "a d": 95.0})
    of_copies, of_shots = proposed(found, Rules(prefer=("prints",))).groups
    assert stays(of_copies) == "d"
    assert of_shots.photos[0].digest == B.digest
    decided = outcomes(
        proposed(found, Rules(prefer=("prints",))), accept_all(proposed(found, Rules(prefer=("prints",))))
    )
    assert [one.file.id for one in decided if one.fate == "kept"] == ["d"]


def test_the_headline_leaves_the_numbers_to_the_table() -> None:
    blurred = replace(A, measures=replace(A.measures, sharpness=0.1))
    found = evidence([blurred, B], {"a b": 95.0})
    assert "against" in arrange(found, Settings().thresholds).clusters[0].reason
    assert the_group(found).headline == "Recommended: sharper on the subject"


def test_a_tie_recommends_nothing_and_keeps_all_but_what_is_clearly_worse() -> None:
    group = the_group(shots())
    assert (group.tie, group.suggested, group.certainty) == (3, group.ids, UNSURE)
    assert group.headline == "These look equally good: keep all, or pick"
    assert the_group(evidence([A, B], {"a b": 95.0})).headline == "These look equally good: keep both, or pick"
    blurred = photo("c", measures=replace(A.measures, sharpness=0.1))
    three = the_group(evidence([A, B, blurred], {"a b": 95.0, "a c": 95.0, "b c": 95.0}))
    assert (three.tie, stays(three), len(three.photos)) == (2, "ab", 3)
    assert three.headline == "2 of these look equally good: keep both, or pick"
    assert the_group(evidence([A, blurred], {"a c": 95.0})).tie == 0
    by_rule = the_group(shots(), prefer=("albums",))
    assert (by_rule.tie, stays(by_rule)) == (0, "b"), "a person's rule settles a tie"


def test_work_in_a_copy_is_a_doubt_and_stays() -> None:
    found = evidence([A, photo("r", size=100, digest="r", content="", rating=5)], {"a r": 99.0}, {"a r": 80.0})
    group = the_group(found)
    assert (stays(group), group.certainty) == ("ar", UNSURE)
    assert group.doubt == "one copy is rated 5 stars"


folders = st.lists(st.sampled_from([folder for folder in FOLDERS if folder]), max_size=2, unique=True).map(tuple)
any_rules = st.builds(
    Rules, folders, folders, folders, st.lists(st.sampled_from(sorted(PREFERENCES)), max_size=3).map(tuple)
)


@pytest.mark.slow
@given(worlds(), st.data(), any_rules, st.sampled_from((80.0, 90.0)), st.sampled_from((30.0, 50.0, 70.0)))
def test_whatever_the_rules_every_group_is_one(
    world: World, data: st.DataObject, rules: Rules, similar: float, near: float
) -> None:
    found = world.scan(data.draw(names_for(world)))
    plain, ruled = (proposed(found, one, similar=similar, near=near) for one in (Rules(), rules))
    assert [group.id for group in ruled.groups] == [group.id for group in plain.groups], "rules group nothing anew"
    for group in ruled.groups:
        assert group.photos[0].id in group.suggested
        assert group.protected == {one.id for one in group.photos if rules.protects(one)} <= group.suggested
        assert len(group.photos) == len(group.alike) == len(group.words)
        assert UNSURE <= group.certainty <= 1
        assert group.reason
    decided = outcomes(ruled, accept_all(ruled))
    staying = {one.file.id for one in decided if one.fate == "kept"}
    for one in decided:
        if one.fate == "set aside":
            assert one.instead
            assert {other.id for other in one.instead} <= staying


@pytest.mark.slow
@given(worlds(), st.data(), any_rules)
def test_the_order_of_the_files_changes_nothing(world: World, data: st.DataObject, rules: Rules) -> None:
    files = data.draw(names_for(world))
    turned = [files[i] for i in data.draw(st.permutations(range(len(files))))]

    def told(some: Any) -> set[Any]:
        return {
            (
                tuple(one.name for one in group.photos),
                group.reason,
                frozenset(one.name for one in group.photos if one.id in group.suggested),
            )
            for group in proposed(world.scan(some), rules).groups
        }

    assert told(files) == told(turned)
