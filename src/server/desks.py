"""The review session of a run, opened with all that it is handed."""

from __future__ import annotations

from server.runs import Run
from unipic.core.settings import Settings
from unipic.library.decisions import Catalogue
from unipic.review.desk import Desk


def open_desk(run: Run, catalogue: Catalogue) -> Desk:
    """FileNotFoundError for a run whose work is not done."""
    from utils import arrange  # imports OpenCV, which the first page does not wait for

    state = run.load()
    return Desk(run.folder, Settings.of(**state.settings).thresholds, state.created, catalogue, arrange)
