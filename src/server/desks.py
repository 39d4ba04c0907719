"""Open the review session of a run."""

from dataclasses import replace

from server.runs import Run
from unipic.cleanup.bonds import Bonds
from unipic.cleanup.evidence import Evidence
from unipic.cleanup.result import Cleanup, sparing
from unipic.core.settings import Settings, Thresholds, data_folder
from unipic.library.appearances import called
from unipic.library.decisions import Catalogue
from unipic.library.marks import favourites_in
from unipic.library.reader import Reader
from unipic.review.desk import Desk


def catalogue_of(run: Run) -> Catalogue:
    """Where a run's decisions are kept. Those about sample photos go with the run: the next try begins undecided."""
    return Catalogue(run.folder if run.load().source == "samples" else data_folder())


def open_desk(run: Run, catalogue: Catalogue, library: Reader | None = None) -> Desk:
    """The review session of a run. FileNotFoundError if its scan is not finished.

    `library`: whose people are named in reasons, which are shown and never written into the run.
    """
    from utils import arrange  # it imports OpenCV, for which the first page should not wait

    state = run.load()

    def with_names(evidence: Evidence, thresholds: Thresholds, bonds: Bonds) -> Cleanup:
        names = called(library, evidence.gallery.photos) if library else {}
        clutter = sparing(evidence.clutter, favourites_in(data_folder()))
        return arrange(replace(evidence, names=names, clutter=clutter), thresholds, bonds)

    return Desk(run.folder, Settings.of(**state.settings).thresholds, state.created, catalogue, with_names)
