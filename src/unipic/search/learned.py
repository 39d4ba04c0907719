"""Labels learned from tags: `label:beach` finds photos like those tagged *beach*, unlike those tagged *not beach*."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from unipic.core.language import gettext as _
from unipic.library.searchable import Searchable
from unipic.search.query import QueryError

LEAST = 8  # photos of a tag: of fewer, five parts would hold out single photos
MOST_OTHERS = 2000  # photos without a tag that stand for the rest: more change little, and take seconds
PARTS = 5  # of the photos; each in turn is held out
LEAST_SHARE = 0.5  # a label that is wrong more often than right, or misses more than it finds, is not used


@dataclass(frozen=True)
class Learned:
    """The photos that look like a tag's."""

    digests: frozenset[str]
    about: str  # for people: from what it was learned, and how good it is on photos held out


def learned(library: Searchable, tag: str) -> Learned:
    """Photos like those with a tag, by logistic regression on their vectors. QueryError says why there are none.

    Without photos tagged "not ...", some of the others stand for them, though they may deserve the tag; then only
    the share of tagged photos that is found can be told, and not the precision.
    """
    there = library.compared
    yes, no = (np.isin(there, library.positions_of(library.said("tag", name))) for name in (tag, f"not {tag}"))
    if yes.sum() < LEAST:
        raise QueryError(
            _(
                "label:{tag} is learned from {least} photos tagged {tag!r}; there are {there} so far",
                tag=tag,
                least=LEAST,
                there=yes.sum(),
            )
        )
    told = bool(no.sum() >= LEAST)
    others = np.flatnonzero(no & ~yes if told else ~yes)
    if len(others) < LEAST:
        raise QueryError(
            _("label:{tag} needs {least} photos without the tag {tag!r}, to be told from", tag=tag, least=LEAST)
        )
    others = others[:: max(1, len(others) // MOST_OTHERS)]  # from all over the library
    used = np.sort(np.concatenate([np.flatnonzero(yes), others]))
    vectors = library.vector_of(there)
    found = _held_out(vectors[used], yes[used])
    right = int((found & yes[used]).sum())
    share = right / max(int(found.sum()) if told else int(yes.sum()), 1)
    said = (
        _("{share:.0%} of those found had the tag", share=share)
        if told
        else _("{share:.0%} of the tagged were found", share=share)
    )
    if share < LEAST_SHARE:
        raise QueryError(
            _(
                "label:{tag} cannot be told from other photos yet: of photos held out, {said}; tag more",
                tag=tag,
                said=said,
            )
        )
    alike = (_fitted(vectors[used], yes[used]).predict(vectors) & ~no) | yes
    digests = frozenset(library.digests[at] for at in there[alike].tolist())
    values = {"tag": tag, "tagged": yes.sum(), "others": len(others), "said": said}
    if told:
        about = _(
            "label:{tag} is learned from photos, {tagged} tagged {tag!r} and {others} tagged 'not {tag}': "
            "of photos held out, {said}",
            **values,
        )
    else:
        about = _(
            "label:{tag} is learned from photos, {tagged} tagged {tag!r} and {others} without {tag!r}: "
            "of photos held out, {said}; tag some 'not {tag}' to know how many found are wrong",
            **values,
        )
    return Learned(digests, about)


def _held_out(vectors: np.ndarray, tagged: np.ndarray) -> np.ndarray:
    """bool [N]: what is said of each photo by a model that has not seen it."""
    from sklearn.model_selection import StratifiedKFold

    said = np.zeros(len(tagged), bool)
    for seen, unseen in StratifiedKFold(PARTS).split(vectors, tagged):
        said[unseen] = _fitted(vectors[seen], tagged[seen]).predict(vectors[unseen])
    return said


def _fitted(vectors: np.ndarray, tagged: np.ndarray) -> Any:
    """sklearn's model, the same for the same photos."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=10.0, class_weight="balanced", max_iter=500).fit(vectors, tagged)
