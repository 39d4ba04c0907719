"""Load networks lazily: opening a model is cheap, its network is loaded for the first picture."""

from collections.abc import Callable
from copy import copy
from threading import Lock
from typing import Generic, Self, TypeVar

from unipic.core.errors import ModelError
from unipic.core.language import kept
from unipic.core.progress import Progress, Step, silent
from unipic.core.settings import INSTALL
from unipic.vision.device import wait_asleep

T = TypeVar("T")

TICK = 0.25  # seconds between checks whether another thread has loaded it


class Loaded(Generic[T]):
    """The result of `load`, loaded once on first use, from any thread.

    A run whose photos are all known needs no network and imports no torch. The file's sha256 was checked before. Any
    other failure, such as a broken library, ends the run with a ModelError: photos may already carry this model's
    numbers, which must not be mixed with another model's.
    """

    def __init__(self, label: str, load: Callable[[], T]) -> None:
        self._label, self._load = label, load
        self._loading = Lock()
        self._value: T | None = None

    @property
    def here(self) -> bool:
        """Whether it is loaded."""
        return self._value is not None

    def get(self, progress: Progress) -> T:
        """The value. ModelError says why it cannot be loaded and what to do; the next call tries again."""
        if self._value is None:
            while not self._loading.acquire(timeout=TICK):
                progress(Step(kept("Waiting for {model}", model=self._label), 0, 0))
            try:
                if self._value is None:
                    progress(Step(kept("Loading {model}", model=self._label), 0, 0))
                    self._value = self._loaded()
            finally:
                self._loading.release()
        return self._value

    def _loaded(self) -> T:
        wait_asleep()
        remedy = kept("{install}, or go on without it by setting encoder and ranker to builtin.", install=INSTALL)
        try:
            return self._load()
        except ImportError as error:
            raise ModelError(
                kept("{model} needs {library}: {remedy}", model=self._label, library=error.name or error, remedy=remedy)
            ) from error
        except (OSError, RuntimeError, ValueError) as error:
            words = " ".join(str(error).split())
            raise ModelError(
                kept("{model} cannot be loaded ({error}): {remedy}", model=self._label, error=words, remedy=remedy)
            ) from error


class Reporting:
    """A model that reports the loading of its network."""

    _progress: Progress = staticmethod(silent)  # of the class it would be a method

    def telling(self, progress: Progress) -> Self:
        """The same model and network, reporting their loading to `progress`."""
        model = copy(self)
        model._progress = progress
        return model
