"""What the pipeline works with, opened once by a door and handed down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from unipic.decisions import taste_in
from unipic.engines.base import Engine
from unipic.engines.local import LocalEngine
from unipic.progress import Progress, silent
from unipic.settings import Settings, data_folder
from unipic.stages.rank import WEIGHTS
from unipic.taste import Verdict
from unipic.thumbnails import Thumbnails
from unipic.vision.base import Encoder, Scorer
from unipic.vision.registry import open_encoder, open_scorer


@dataclass(frozen=True)
class Tools:
    encoder: Encoder
    scorer: Scorer | None  # None: the built-in ranking
    engine: Engine
    thumbnails: Thumbnails
    notices: tuple[str, ...] = ()
    taste: Verdict | None = None  # None: the default weights

    @property
    def weights(self) -> Mapping[str, float]:
        """What each criterion counts."""
        return self.taste.weights if self.taste else WEIGHTS


@contextmanager
def open_tools(
    settings: Settings, models: Path, thumbnails: Thumbnails, progress: Progress = silent
) -> Iterator[Tools]:
    """Models by the settings' names, or what is to be had instead, with a notice. Workers live as long as the block."""
    encoder, about_encoder = open_encoder(settings.encoder, models, settings.device, settings.fetch, progress)
    scorer, about_scorer = open_scorer(
        settings.ranker, models, settings.device, settings.fetch, progress, aesthetic=settings.aesthetic
    )
    taste, about_taste = taste_in(data_folder()) if settings.taste else (None, ())
    engine = LocalEngine(settings.workers, settings.photo_seconds, settings.worker_memory)
    try:
        yield Tools(encoder, scorer, engine, thumbnails, (*about_encoder, *about_scorer, *about_taste), taste)
    finally:
        engine.close()
