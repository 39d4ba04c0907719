"""Nobody is lost: what is proposed to stay holds every person of a group, with open eyes if there is such a shot."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.helpers.accepted import accept_all
from tests.helpers.galleries import galleries, rules_over, without_pictures
from tests.helpers.recorded import cleanup_from_dict
from tests.helpers.seen_faces import faces_over
from tests.safety.harness.amounts import amount
from tests.test_laws import Given, Judge, evidence_in

from unipic.cleanup.faces import KEY_SCORE, KEY_SHARE, KEY_SIZE
from unipic.cleanup.record import cleanup_to_dict, evidence_from_dict, evidence_to_dict
from unipic.cleanup.result import Cleanup
from unipic.core.settings import Thresholds
from unipic.review.choices import NONE, best_only
from unipic.review.proposal import propose
from utils import arrange

pytestmark = pytest.mark.slow
many = settings(max_examples=amount(pr=25, nightly=1000), deadline=None)


@pytest.fixture(autouse=True, scope="module")
def no_pictures() -> Iterator[None]:
    with without_pictures():
        yield


def with_faces(given: Given, data: st.DataObject, thresholds: Thresholds) -> tuple[Cleanup, dict[str, Any]]:
    gallery, embeddings = given
    found = dict(data.draw(faces_over(gallery.photos)))
    evidence = replace(evidence_in(gallery, embeddings), faces=found)
    kept = evidence_from_dict(evidence_to_dict(evidence))
    assert evidence_to_dict(kept) == evidence_to_dict(evidence)
    return arrange(evidence, thresholds), found


@given(galleries(), st.data())
@many
def test_what_stays_holds_everybody(given: Given, data: st.DataObject) -> None:
    """By every rule of a person, and also where only the best of equals is kept."""
    cleanup, found = with_faces(given, data, Thresholds())
    proposal = propose(cleanup, data.draw(rules_over(given[0])))
    least = best_only(proposal.groups)
    for group in proposal.shots:
        for kept in (group.suggested, least[group.id].kept):
            stay = {i for i, photo in enumerate(group.photos) if photo.id in kept}
            for row in group.people:
                awake = [i for i, face in enumerate(row) if face and face.eyes is not None and face.eyes > 0]
                assert any(row[i] for i in stay)
                assert len(awake) != 1 or awake[0] in stay
        for i, photo in enumerate(group.photos):
            faces = found[photo.id]
            widest = max((face.size for face in faces), default=0)
            for face in faces:
                if face.size >= max(KEY_SIZE, KEY_SHARE * widest) and face.score >= KEY_SCORE:
                    assert sum(row[i] is face for row in group.people) == 1


@given(galleries(), st.data())
@many
def test_faces_bend_no_other_law(given: Given, data: st.DataObject) -> None:
    """What goes unasked still goes for a photo that is like it, and a record of it all is the same again."""
    cleanup, _ = with_faces(given, data, Thresholds())
    judge = Judge(propose(cleanup, data.draw(rules_over(given[0]))), given[1])
    for choices in (NONE, accept_all(judge.proposal)):
        judge.what_goes_unasked_goes_for_a_photo_like_it(choices)
    values = cleanup_to_dict(cleanup)
    assert cleanup_to_dict(cleanup_from_dict(values)) == values
