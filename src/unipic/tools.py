"""The tools of the pipeline: models, engine and stored data, opened once and passed down."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from unipic.cleanup.criteria import WEIGHTS
from unipic.cleanup.face_stage import FaceReaders
from unipic.core.errors import ModelError
from unipic.core.language import gettext as _, kept
from unipic.core.machine import collect_garbage_rarely, keep_freed_memory
from unipic.core.progress import Progress, silent
from unipic.core.settings import Settings, data_folder
from unipic.library.index import NO_INDEX, ROWS, THUMBNAILS, Index, StoredIndex, taken_over
from unipic.library.thumbnails import Thumbnails
from unipic.reading import seen, versions
from unipic.reading.engines.base import Engine
from unipic.reading.engines.local import LocalEngine
from unipic.reading.engines.ray import RayEngine
from unipic.review.taste import Verdict
from unipic.review.taste_log import taste_in
from unipic.vision.base import Encoder, Scorer, TextEncoder
from unipic.vision.device import pick_device
from unipic.vision.registry import (
    Loader,
    open_encoder,
    open_eyes,
    open_faces,
    open_scorer,
    open_text_encoder,
    text_encoders_here,
)

if TYPE_CHECKING:  # the web's first screen should not wait for decoders
    from unipic.library.filling import Model
    from unipic.library.indexing import See
    from unipic.library.searchable import Searchable
    from unipic.search.meaning import Meaning
    from unipic.vision.segments import Segmenter

MADE_AGAIN = kept(
    "Photos are read again once: this version stores what it knows of them in another form. Decisions are kept."
)


@dataclass(frozen=True)
class Tools:
    """What a run works with."""

    encoder: Encoder
    scorer: Scorer | None  # None: the built-in ranking
    engine: Engine
    thumbnails: Thumbnails
    notices: tuple[str, ...] = ()
    taste: Verdict | None = None  # None: the default weights
    index: Index = NO_INDEX
    faces: FaceReaders | None = None  # None: faces are not looked at
    see: See | None = None  # reads and embeds elsewhere; None: the engine reads, the encoder embeds here

    def seeing(self, settings: Settings) -> See:
        """What reads and embeds files."""
        from unipic.library.indexing import see

        return self.see or partial(see, engine=self.engine, encoder=self.encoder, limits=settings.limits)

    @property
    def weights(self) -> Mapping[str, float]:
        """Weights of the ranking by criterion."""
        return self.taste.weights if self.taste else WEIGHTS


@contextmanager
def open_tools(settings: Settings, models: Path, memory: Path | None, progress: Progress = silent) -> Iterator[Tools]:
    """Models by the settings' names, or substitutes with a notice. Workers live as long as the block.

    `memory`: the folder of thumbnails and the index; with None both are deleted after the block.
    """
    machine, ranking = settings.machine, settings.ranking
    loader = Loader(models, machine.device, machine.fetch, progress)
    encoder, about_encoder = open_encoder(settings.comparing.encoder, loader)
    scorer, about_scorer = open_scorer(ranking.ranker, loader, ranking.aesthetic)
    faces, about_faces = _face_readers() if ranking.people_safe else (None, [])
    taste, about_taste = taste_in(data_folder()) if ranking.taste else (None, ())
    with closing(_engine(settings)) as engine, _memory_folder(memory) as (folder, about_memory):
        keep_freed_memory()
        collect_garbage_rarely()
        thumbnails = Thumbnails(folder / THUMBNAILS)
        notices = (*about_encoder, *about_scorer, *about_faces, *about_taste, *about_memory)
        store = machine.ray_store or str(folder / ROWS)
        seen_by = "" if memory else f"{uuid.uuid4()} "  # no other run may use rows of a run without memory
        see = _see_on_ray(engine, encoder, models, settings, store, seen_by)
        with closing(StoredIndex(folder, thumbnails, settings.limits)) as index:
            yield Tools(encoder, scorer, engine, thumbnails, notices, taste, index, faces, see)
            if not machine.ray_store:
                shutil.rmtree(folder / ROWS, ignore_errors=True)  # the index has all of it now


def _face_readers() -> tuple[FaceReaders | None, list[str]]:
    try:
        return FaceReaders(open_faces(), open_eyes()), []
    except ModelError as error:
        return None, [kept("{error} Until then faces are not looked at: open eyes do not count.", error=error)]


def _engine(settings: Settings) -> LocalEngine | RayEngine:
    machine, limits = settings.machine, settings.limits
    how = machine.workers, limits.photo_seconds, limits.worker_memory
    if machine.engine == "ray":
        return RayEngine(machine.ray_address, *how, gpu=pick_device(machine.device) == "cuda")
    return LocalEngine(*how)


def _see_on_ray(engine: Engine, encoder: Encoder, models: Path, settings: Settings, store: str, run: str) -> See | None:
    """Reading and embedding on Ray's workers, with the same numbers as here; None for other engines.

    `run`: the beginning of the store's key; "" if other runs may use the rows.
    """
    if not isinstance(engine, RayEngine):
        return None
    from unipic.reading.read import read_file

    device = pick_device(settings.machine.device)
    return partial(
        engine.see,
        read=partial(read_file, limits=settings.limits),
        open_encoder=partial(open_same, encoder.name, encoder.key, models.absolute(), device),
        store=store,
        key=f"{run}{seen.VERSION} {versions.pixels(settings.limits)} {versions.metadata()} {encoder.key}",
    )


def meaning_model(settings: Settings, models: Path, progress: Progress = silent) -> tuple[Model | None, list[str]]:
    """The seeing half of the search's text encoder as it fills the library, here and on Ray's workers; and notices."""
    from unipic.library.filling import text_encoder

    machine = settings.machine
    loader = Loader(models, machine.device, machine.fetch, progress)
    encoder, notices = open_text_encoder(settings.searching.search_model, loader)
    if encoder is None:
        return None, notices
    again = partial(open_same_text, encoder.name, encoder.key, models.absolute(), pick_device(machine.device))
    return text_encoder(encoder.key, again), notices


def segment_model(settings: Settings, models: Path) -> tuple[Model | None, list[str]]:
    """What finds the things in photos as it fills the library, where a checkpoint of SAM is; and notices."""
    from unipic.library.filling import THINGS, detector
    from unipic.vision.segments import SIDE, checkpoint, open_segmenter

    if not checkpoint(models):
        return None, []
    device, name = settings.machine.device, settings.searching.search_model
    encoder, _about = open_text_encoder(name, Loader(models, device, fetch=False))
    finder = open_segmenter(models, encoder, device)
    if encoder is None or finder is None:
        return None, [kept("SAM is there, but the things in photos are searched by words: that takes a text encoder.")]
    again = partial(open_same_segmenter, finder.key, encoder.name, encoder.key, models.absolute(), pick_device(device))
    return detector(finder.key, again, SIDE, THINGS), []


def open_meaning(
    library: Searchable, settings: Settings, models: Path, memory: Path, progress: Progress = silent
) -> tuple[Meaning | None, list[str]]:
    """What words mean to a text encoder that has seen photos of the library: the wanted one, or an earlier one.

    None, with notices, if there is none. `memory`: the library's folder.
    """
    from unipic.library.captions import vectors_of
    from unipic.library.filling import text_key
    from unipic.search.cutoff import background
    from unipic.search.meaning import Meaning, in_use

    machine, name = settings.machine, settings.searching.search_model
    wanted, notices = open_text_encoder(name, Loader(models, machine.device, False, progress))
    if wanted is None:
        return None, notices
    encoders = [wanted]
    if library.number_by(text_key(wanted.key)) < len(library.digests):
        encoders += [one for one in text_encoders_here(Loader(models, machine.device)) if one.key != wanted.key]
    encoder, said = in_use(encoders, library)
    if encoder is None:
        return None, [*notices, *said]
    captions = cache(partial(vectors_of, background(), encoder, memory))
    return Meaning(encoder, captions, tuple(said)), notices


def open_same_text(name: str, key: str, models: Path, device: str) -> TextEncoder:
    """The text encoder with this key, as open_same does it."""
    encoder, notices = open_text_encoder(name, Loader(models, device, fetch=False))
    if encoder is None or encoder.key != key:
        raise _differs(encoder.key if encoder else "", key, notices, models)
    return encoder


def open_same_segmenter(key: str, name: str, encoder_key: str, models: Path, device: str) -> Segmenter:
    """What finds things, with this key and this text encoder, as open_same does it."""
    from unipic.vision.segments import open_segmenter

    found = open_segmenter(models, open_same_text(name, encoder_key, models, device), device)
    if found is None or found.key != key:
        raise _differs(found.key if found else "", key, [], models)
    return found


def open_same(name: str, key: str, models: Path, device: str) -> Encoder:
    """The encoder with this key, in another process. ModelError if it differs: its vectors would not be comparable."""
    encoder, notices = open_encoder(name, Loader(models, device, fetch=False))
    if encoder.key != key:
        raise _differs(encoder.key, key, notices, models)
    return encoder


def _differs(found: str, wanted: str, notices: list[str], models: Path) -> ModelError:
    why = notices[0] if notices else _("it has {found}, not {wanted}", found=found, wanted=wanted)
    return ModelError(
        _(
            "A Ray worker cannot embed as this machine does: {why} Put the models on every node, in {folder}.",
            why=why,
            folder=models,
        )
    )


@contextmanager
def _memory_folder(memory: Path | None) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """A writable folder, and notices about it."""
    problem = _problem(memory) if memory else ""
    if memory and not problem:
        yield memory, (MADE_AGAIN,) if taken_over(memory.parent) else ()
        return
    about = kept(
        "This scan will not be remembered: {folder} cannot be written to ({problem}).", folder=memory, problem=problem
    )
    with tempfile.TemporaryDirectory(prefix="unipic-") as folder:
        yield Path(folder), (about,) if problem else ()


def _problem(folder: Path) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)
