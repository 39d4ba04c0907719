"""Open the review session of a run."""

from server.runs import Run
from unipic.core.settings import Settings, data_folder
from unipic.library.decisions import Catalogue
from unipic.review.desk import Desk


def catalogue_of(run: Run) -> Catalogue:
    """Where a run's decisions are kept. Those about sample photos go with the run: the next try begins undecided."""
    return Catalogue(run.folder if run.load().source == "samples" else data_folder())


def open_desk(run: Run, catalogue: Catalogue) -> Desk:
    """The review session of a run. FileNotFoundError if its scan is not finished."""
    from utils import arrange  # it imports OpenCV, for which the first page should not wait

    state = run.load()
    return Desk(run.folder, Settings.of(**state.settings).thresholds, state.created, catalogue, arrange)
