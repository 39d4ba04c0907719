"""The scan of one run of the web app, in a process of its own.

The process is given the run's folder only. It writes its progress to progress.json and its results to evidence.json and
remembered.json.
"""

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from server.desks import catalogue_of
from server.immich_runs import forget_key, immich_source
from server.jobs import LOG, SKIP, Where
from server.runs import Run
from unipic.cleanup.evidence import Evidence
from unipic.cleanup.record import evidence_to_dict
from unipic.cleanup.result import sparing
from unipic.core.errors import Cancelled, DecisionsUnreadable, ModelError, SourceError, UnipicError
from unipic.core.files import is_full, write_json
from unipic.core.language import gettext as _, kept, speak_in_process
from unipic.core.progress import Overall, Progress, Step
from unipic.core.settings import Settings, changed, data_folder, immich_key, memory_folder, models_folder
from unipic.library.decisions import Catalogue, Ruling
from unipic.library.library import Library
from unipic.library.recognised import chosen
from unipic.sources.base import Source
from unipic.sources.folder import FolderSource
from unipic.sources.immich import ImmichSource
from unipic.sources.upload import UploadSource
from unipic.tools import Tools, open_tools
from unipic.vision.base import VIEW
from unipic.vision.registry import Loader, open_encoder, open_scorer

REPORT_INTERVAL_S = 0.3  # seconds between two reports of progress
NO_ROOM = kept("The server's disk is full. Free some space, then start again.")
UNEXPECTED = kept("An unexpected error occurred. The server's log has the details.")
Examine = Callable[[Source, Tools, Settings, Progress, Callable[[Evidence], None]], Evidence]


def work_on(folder: Path, examine: Examine) -> int:
    """Scan the run of this folder. Returns the exit code; an error is written to the run's state."""
    run = Run(folder)
    signal.signal(signal.SIGTERM, _stop)
    try:
        state = run.load()
        if state.language:
            speak_in_process(state.language)
        settings = Settings.of(**state.settings)
        progress = _Teller(run)
        if state.source == "library":
            update_library(run, settings, progress)
        elif state.source == "film":
            look_through(Path(state.roots[0]), settings, progress)
        else:
            scan(run, settings, progress, examine)
        run.change(state="ready", message="")
    except Cancelled:
        if run.load().state not in ("waiting", "paused"):  # whoever stopped it said what it is now
            run.change(state="cancelled")
    except UnipicError as error:
        run.change(state="failed", message=str(error))
    except Exception as error:
        traceback.print_exc()
        with suppress(OSError):  # if the disk is full, the server reports the exit code
            run.change(state="failed", message=NO_ROOM if is_full(error) else UNEXPECTED)
        return 1
    finally:
        with suppress(FileNotFoundError):  # the run was deleted
            if run.load().state != "waiting":  # one that goes on later needs it again
                forget_key(run)
    return 0


def scan(run: Run, settings: Settings, progress: Progress, examine: Examine) -> None:
    """Find copies and moments among the run's photos; write the evidence to its folder."""
    source = _source(run, progress)
    # Uploads are deleted with their run. Photos of a folder or an Immich server are scanned again by later runs.
    memory = memory_folder() if run.load().source in ("folder", "immich") else run.folder
    with open_tools(settings, models_folder(), memory, progress) as tools:
        catalogue = catalogue_of(run)

        def keep(found: Evidence) -> None:
            if isinstance(source, ImmichSource):
                catalogue.same_bytes(source.same_bytes(found.gallery.photos))
                notices, clutter = (*found.notices, *source.notices), sparing(found.clutter, source.favourites)
                found = replace(found, notices=notices, clutter=clutter)
            run.thumbnails.take(tools.thumbnails, {photo.digest for photo in found.gallery.photos})
            keep_evidence(run, found, catalogue)

        keep(examine(source, tools, settings, progress, keep))


def update_library(run: Run, settings: Settings, progress: Progress) -> None:
    """Read what is new in the run's folders, then see and read pictures; write what was found to its update.json."""
    from utils import find_faces, index_gallery, read_words, see_meaning

    library, found, notices = Library(data_folder()), list[dict[str, Any]](), list[str]()
    library.usable()

    def tell() -> None:
        write_json(run.folder / "update.json", {"folders": found, "notices": notices})

    immich_key()  # it leaves the environment before photos are decoded
    with open_tools(changed(settings, {"ranker": "builtin"}), models_folder(), memory_folder(), progress) as tools:
        for root in run.load().roots:
            try:
                update = index_gallery(Path(root), library, tools, settings, progress)
                found.append({"folder": root, **asdict(update)})
            except SourceError as error:
                found.append({"folder": root, "problem": str(error)})
            notices = [*tools.notices, *tools.index.notices]
            tell()
        notices += see_meaning(library, tools, settings, models_folder(), progress)
        tell()
        notices += find_faces(library, tools, settings, progress)
        tell()
        try:
            read_words(chosen(library), library, tools, settings, progress)
        except ModelError as error:
            notices.append(kept("Words in pictures are not read: {error}", error=error))
        notices += see_meaning(library, tools, settings, models_folder(), progress, things=True)
        tell()


def look_through(path: Path, settings: Settings, progress: Progress) -> None:
    """Find the shots of a film, and the best pictures of each; the index keeps them. UnipicError."""
    from unipic.core.photo import Found
    from unipic.library.index import StoredIndex
    from unipic.sources.base import stamp
    from unipic.video.film import NotAFilm
    from unipic.video.gathered import rows_for
    from unipic.video.keyframes import Asked
    from unipic.video.telling import Wish
    from utils import keyframes

    with open_tools(changed(settings, {"ranker": "builtin"}), models_folder(), memory_folder(), progress) as tools:
        if not isinstance(tools.index, StoredIndex):
            raise UnipicError(_("the pictures of a film cannot be stored here"))
        try:
            status = path.lstat()
            file = Found(str(path), path.name, str(path), status.st_size, stamp(status))
            asked = Asked("", limits=settings.films)
            keyframes(file, asked, Wish(), tools, rows_for(asked, tools.encoder, tools.index), progress)
        except NotAFilm as error:
            raise UnipicError(f"{path.name} {error}.") from error
        except OSError as error:
            raise UnipicError(
                _("{name} could not be read: {problem}.", name=path.name, problem=error.strerror or error)
            ) from error


def wait_for_work(examine: Examine) -> int:
    """Load the models, then scan the run whose folder comes on standard input, if one comes."""
    parent = os.getppid()
    warm_up()
    line = sys.stdin.readline()
    if not line.endswith("\n") or os.getppid() != parent:
        return 0  # the server is gone; the next one starts the run anew
    folder = Path(json.loads(line))
    with suppress(OSError), open(folder / LOG, "wb") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    return work_on(folder, examine)


def warm_up() -> None:
    """Load the installed models that a run is most likely to use. The run itself reports what is wrong with a model."""
    settings, blank = Settings.of(fetch=False), np.zeros((VIEW, VIEW, 3), np.uint8)
    loader = Loader(models_folder(), settings.machine.device, settings.machine.fetch)
    with suppress(UnipicError):
        open_encoder(settings.comparing.encoder, loader)[0].embed(blank[None])
    with suppress(UnipicError):
        scorer, _notice = open_scorer(settings.ranking.ranker, loader)
        if scorer:
            scorer.score([blank], settings.ranking.wish)


def keep_evidence(run: Run, evidence: Evidence, catalogue: Catalogue) -> None:
    """Write the evidence, and earlier decisions about its photos, to the run's folder. Unreadable ones are a notice."""
    digests = [photo.digest for photo in evidence.gallery.photos]
    before, rulings = run.folder / "remembered.json", list[Ruling]()
    try:
        rulings = catalogue.about(digests)
        evidence = replace(evidence, first_seen=catalogue.meet(digests))
    except DecisionsUnreadable as error:
        evidence = replace(
            evidence, notices=(*evidence.notices, kept("Earlier decisions are not used: {error}", error=error))
        )
    if not before.exists():  # what was said in this run since is in its own steps
        write_json(before, [asdict(ruling) for ruling in rulings])
    write_json(run.folder / "evidence.json", evidence_to_dict(evidence), indent=None)


def _source(run: Run, progress: Progress) -> Source:
    state = run.load()
    if state.source == "upload":
        return UploadSource(run.photos, run.uploads())
    if state.source == "samples":
        from unipic.sources.samples import make_samples

        progress(Step(_("Making sample photos"), 0, 0))
        made = run.photos / "samples"
        if not made.exists():
            make_samples(made)
        return FolderSource([made], made)
    if state.source == "immich":
        return immich_source(run, progress)
    return FolderSource([Path(root) for root in state.roots])


def _stop(*_: object) -> None:
    raise Cancelled("stopped")


class _Teller:
    """Writes progress where the screen reads it; ends the work when nobody waits for it any more."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.parent = os.getppid()
        self.overall = Overall()
        self.since = time.time()
        self.told = 0.0
        self.stage = ""

    def __call__(self, step: Step) -> None:
        now = time.time()
        self.overall.at(step, now)
        if step.stage != self.stage:
            self.stage, self.since, self.told = step.stage, now, 0.0
        if now - self.told < REPORT_INTERVAL_S:
            return
        self.told = now
        write_json(self.run.folder / "progress.json", asdict(self._where(step, now)))
        if os.getppid() != self.parent:
            raise SystemExit(0)  # the server is gone; its successor starts this run anew
        if step.skippable and (self.run.folder / SKIP).exists():
            raise Cancelled("skipped")

    def _where(self, step: Step, now: float) -> Where:
        whole = self.overall
        # A download or a wait was not announced: it has a speed and a time left of its own.
        amount = step.amount if whole.purpose else step.pace(now - self.since)
        return Where(whole.told, whole.share, step.stage, step.done, amount, whole.purpose, step.skippable)
