"""Groups of faces by DBSCAN (Ester, Kriegel, Sander, Xu 1996), which many galleries use. See docs/people.md for why

Unipic does not by itself: one blurred face between two persons makes them one.
"""

from collections.abc import Sequence

from unipic.core.face import Face
from unipic.people.limits import FaceLimits
from unipic.people.linking import vectors_of

CORE = 3  # faces near each other that begin a group


def dense(faces: Sequence[Face], limits: FaceLimits) -> list[list[Face]]:
    """Groups, each sorted by key; faces without a group alone."""
    from sklearn.cluster import DBSCAN

    ordered = sorted(faces, key=lambda face: face.key)
    if not ordered:
        return []
    # For unit vectors the squared distance is 2 - 2 cosine.
    reach = (2 - 2 * limits.join) ** 0.5
    labels = DBSCAN(eps=reach, min_samples=CORE, algorithm="brute").fit_predict(vectors_of(ordered)).tolist()
    groups: dict[int, list[Face]] = {}
    for number, (face, label) in enumerate(zip(ordered, labels, strict=True)):
        groups.setdefault(label if label >= 0 else -2 - number, []).append(face)
    return list(groups.values())
