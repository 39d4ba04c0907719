import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from tests.helpers.accepted import accept_all
from tests.helpers.galleries import cleanup, films_in, galleries, likeness, photo, tools, without_pictures
from tests.unipic.review.test_taste import LIGHT, person

from unipic.cleanup.criteria import WEIGHTS
from unipic.cleanup.result import Cluster
from unipic.core.embeddings import Embeddings
from unipic.core.errors import DecisionsUnreadable
from unipic.core.photo import Gallery, Measures
from unipic.core.settings import Settings
from unipic.review import taste_log as store
from unipic.review.choices import NONE, Choice, Choices, accept
from unipic.review.proposal import Proposal, propose
from unipic.review.rules import Rules
from unipic.review.taste import Verdict
from unipic.review.taste_log import ASIDE, FILE, MOST_SHOTS, forget, lessons_of, load, remember, taste_in
from utils import arrange, weigh


def found(groups: int = 2, shots: int = 3) -> Proposal:
    clusters = []
    for group in range(groups):
        photos = tuple(
            photo(f"g{group}s{shot}", measures=Measures(0.5, 0.9 - 0.2 * shot, 0.4, 0.1)) for shot in range(shots)
        )
        alike = (100.0,) + (95.0,) * (shots - 1)
        wish = (("wish", tuple(float(-shot) for shot in range(shots))),)
        clusters.append(Cluster(photos, tuple(-1.0 * i for i in range(shots)), alike, "sharper", 0.9, wish))
    return propose(cleanup(tuple(clusters)))


def said(proposal: Proposal, group: int, *shots: int) -> Choices:
    """In one group these shots were kept."""
    (about,) = (one for one in proposal.shots if f"g{group}s0" in one.ids)
    return {about.id: Choice(frozenset(f"g{group}s{shot}" for shot in shots), done=True)}


def test_what_was_decided_comes_back(tmp_path: Path) -> None:
    proposal = found()
    choices = said(proposal, 0, 2)
    remember(tmp_path, proposal, choices)
    (lesson,) = load(tmp_path)
    assert (lesson,) == tuple(lessons_of(proposal, choices))
    assert lesson.kept == (False, False, True)
    assert lesson.suggested == (True, False, False)
    assert {"exposure", "wish"} <= set(lesson.names)
    assert lesson.certainty == 0.9


def test_a_group_that_was_not_decided_or_taught_nothing_is_not_kept(tmp_path: Path) -> None:
    proposal = found()
    remember(tmp_path, proposal, NONE)
    ticked = {group.id: Choice(frozenset({group.photos[1].id})) for group in proposal.shots}
    remember(tmp_path, proposal, ticked)
    assert not (tmp_path / FILE).exists()
    everything = {group.id: Choice(group.ids) for group in proposal.shots}
    remember(tmp_path, proposal, accept_all(proposal, everything))
    assert load(tmp_path) == []
    crowd = found(1, MOST_SHOTS + 1)
    remember(tmp_path, crowd, accept_all(crowd))
    assert load(tmp_path) == []


def test_what_an_earlier_run_decided_is_not_learned_from_again(tmp_path: Path) -> None:
    proposal = found()
    remembered = {id: replace(choice, remembered=True) for id, choice in said(proposal, 0, 2).items()}
    assert lessons_of(proposal, remembered) == []
    assert len(lessons_of(proposal, {**remembered, **said(proposal, 1, 2)})) == 1


def test_what_a_person_s_rules_put_first_is_learned_from_by_how_it_was_ranked() -> None:
    """The rows stay those of the ranking; what was suggested is what the person saw."""
    shots = [photo(f"s{shot}", measures=Measures(0.5, 0.9 - 0.2 * shot, 0.4, 0.1), size=shot) for shot in range(3)]
    ranked = cleanup((Cluster(tuple(shots), (0.0, -1.0, -2.0), (100.0, 95.0, 95.0), "sharper", 0.9),))
    plain, ruled = (
        propose(ranked),
        propose(
            replace(ranked, likeness=likeness(shots, dict.fromkeys(("s0 s1", "s0 s2", "s1 s2"), 95.0))),
            Rules(by=("more bytes",)),
        ),
    )
    assert [one.id for one in ruled.shots[0].photos] == ["s2", "s1", "s0"]
    (ours,), (by_rank,) = lessons_of(ruled, accept_all(ruled)), lessons_of(plain, accept_all(plain))
    assert (ours.group, ours.rows, ours.certainty) == (by_rank.group, by_rank.rows, by_rank.certainty)
    assert by_rank.kept == (True, False, False)
    assert ours.kept == ours.suggested == (False, False, True)


def test_the_file_has_numbers_only(tmp_path: Path) -> None:
    proposal = found()
    remember(tmp_path, proposal, accept_all(proposal))
    text = (tmp_path / FILE).read_text("ascii")
    for one in proposal.cleanup.gallery.photos:
        assert not any(secret in text for secret in (one.name, one.path, one.digest, one.digest[:12], one.id))
    assert not any(group.id in text for group in proposal.groups)


def test_deciding_again_replaces_and_the_same_again_changes_nothing(tmp_path: Path) -> None:
    proposal = found()
    first = accept_all(proposal)
    remember(tmp_path, proposal, first)
    written = (tmp_path / FILE).stat()
    remember(tmp_path, proposal, first)
    assert (tmp_path / FILE).stat().st_mtime_ns == written.st_mtime_ns
    remember(tmp_path, proposal, {**first, **said(proposal, 0, 1)})
    assert [lesson.kept for lesson in load(tmp_path)] == [(False, True, False), (True, False, False)]
    remember(tmp_path, proposal, {**said(proposal, 0, 0, 1, 2), **said(proposal, 1, 0, 2)})
    assert [lesson.kept for lesson in load(tmp_path)] == [(True, False, True)]


def test_a_group_that_grew_or_was_ranked_anew_is_still_the_same(tmp_path: Path) -> None:
    small = found(1, 3)
    remember(tmp_path, small, accept_all(small))
    (cluster,) = small.cleanup.clusters
    turned = replace(cluster, photos=cluster.photos[::-1])
    again = propose(replace(small.cleanup, clusters=(turned,)))
    remember(tmp_path, again, accept_all(again))
    assert len(load(tmp_path)) == 1


def test_only_the_latest_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_LESSONS", 3)
    proposal = found(5)
    for group in proposal.shots:
        remember(tmp_path, proposal, accept([group], NONE))
    latest = [d.group for group in proposal.shots[2:] for d in lessons_of(proposal, accept([group], NONE))]
    assert [lesson.group for lesson in load(tmp_path)] == latest


GOOD = {
    "version": 1,
    "group": "0" * 16,
    "names": ["exposure"],
    "rows": [[0.0], [-1.0]],
    "kept": [True, False],
    "suggested": [True, False],
    "certainty": 0.7,
}


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xff nothing",
        b"{",
        b"[1]\n",
        b"7\n",
        b"[" * 100_000,
        *(
            json.dumps(GOOD | change).encode() + b"\n"
            for change in (
                {"rows": [[0.0], [float("nan")]]},
                {"rows": [[0.0], [10**400]]},
                {"rows": [[0.0], ["x"]]},
                {"rows": []},
                {"rows": 5},
                {"kept": [1, 0]},
                {"kept": [True]},
                {"group": "../../etc"},
                {"group": None},
                {"names": [3]},
                {"certainty": 2},
                {"certainty": None},
            )
        ),
    ],
)
def test_a_damaged_or_foreign_file_costs_the_taste_only(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DecisionsUnreadable, match=FILE):
        load(tmp_path)
    taste, (notice,) = taste_in(tmp_path)
    assert taste is None
    assert "cannot be read" in notice
    proposal = found()
    remember(tmp_path, proposal, accept_all(proposal))
    assert len(load(tmp_path)) == 2
    assert (tmp_path / ASIDE).read_bytes() == content, "it is laid aside, not lost"


def test_a_link_or_a_file_far_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").write_text("secret")
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DecisionsUnreadable):
        load(tmp_path)
    (tmp_path / FILE).unlink()
    monkeypatch.setattr(store, "MAX_BYTES", 10)
    (tmp_path / FILE).write_text(json.dumps(GOOD))
    with pytest.raises(DecisionsUnreadable, match="too large"):
        load(tmp_path)


def test_decisions_measured_in_other_scales_are_left_out(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(f"{json.dumps(GOOD | {'version': 0})}\n{json.dumps(GOOD)}\n")
    assert len(load(tmp_path)) == 1


def test_everything_can_be_forgotten(tmp_path: Path) -> None:
    forget(tmp_path)
    (tmp_path / FILE).write_text("x")
    (tmp_path / ASIDE).write_text("x")
    forget(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_taste_is_used_or_it_is_said_why_not(tmp_path: Path) -> None:
    assert taste_in(tmp_path) == (
        None,
        ("The default ranking is used, not your taste: 0 groups so far, 20 are needed.",),
    )
    store._save(tmp_path, person(1, 160, LIGHT))
    verdict, notices = taste_in(tmp_path)
    assert verdict is not None
    assert verdict.used
    assert notices == ()


@given(galleries(), st.lists(st.floats(0, 2), min_size=len(WEIGHTS), max_size=len(WEIGHTS)))
@settings(max_examples=60)
def test_a_taste_changes_the_order_and_nothing_else(given: tuple[Gallery, Embeddings], numbers: list[float]) -> None:
    """The laws are checked when a Cleanup is made."""
    gallery, embeddings = given
    taste = Verdict(25, 0.5, 0.7, True, "", dict(zip(WEIGHTS, numbers, strict=True)))
    with without_pictures():
        how = Settings.of(workers=1)
        plain, tasted, again = (
            arrange(weigh(gallery, embeddings, tools(taste=mine), how, films=films_in(gallery)), how.thresholds)
            for mine in (None, taste, taste)
        )
    assert [{p.id for p in c.photos} for c in tasted.clusters] == [{p.id for p in c.photos} for c in plain.clusters]
    assert (tasted.exact, tasted.near, set(tasted.singles)) == (plain.exact, plain.near, set(plain.singles))
    assert tasted == again
    assert tasted.ranker.endswith("by your taste (25 groups)")
    assert "taste" not in plain.ranker
