"""Open the review session of a run."""

from __future__ import annotations

from server.runs import Run
from unipic.core.settings import Settings
from unipic.library.decisions import Catalogue
from unipic.review.desk import Desk


def open_desk(run: Run, catalogue: Catalogue) -> Desk:
    """The review session of a run. FileNotFoundError if its scan is not finished."""
    from utils import arrange  # it imports OpenCV, for which the first page should not wait

    state = run.load()
    return Desk(run.folder, Settings.of(**state.settings).thresholds, state.created, catalogue, arrange)
