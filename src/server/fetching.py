"""Downloads of models that somebody asked for on a page: one thread each, in the server."""

import threading
from dataclasses import dataclass, field

from unipic.core.errors import Cancelled, ModelError
from unipic.core.progress import Step
from unipic.core.settings import models_folder
from unipic.vision.fetch import fetch


@dataclass
class Download:
    """A download at work or at its end."""

    step: Step | None = None  # the latest; None before the first
    problem: str = ""  # why it ended early; "" while it works, and if it was cancelled
    cancelled: bool = False
    thread: threading.Thread | None = None

    @property
    def at_work(self) -> bool:
        """Whether it goes on."""
        return self.thread is not None and self.thread.is_alive()

    def __call__(self, step: Step) -> None:
        """Progress of the download. Raises Cancelled once somebody cancelled it."""
        self.step = step
        if self.cancelled:
            raise Cancelled("cancelled")


@dataclass
class Downloads:
    """Downloads by the model's name. A model that is being downloaded is not downloaded a second time."""

    _of: dict[str, Download] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, model: str) -> None:
        """Begin, unless it is going on."""
        with self._lock:
            if (before := self._of.get(model)) and before.at_work:
                return
            download = self._of[model] = Download()
            # A daemon: a server that ends does not wait for it. The next download begins anew.
            download.thread = threading.Thread(target=_fetch, args=(model, download), daemon=True)
            download.thread.start()

    def cancel(self, model: str) -> None:
        """Stop a download; the file that was not whole is deleted."""
        if download := self._of.get(model):
            download.cancelled = True

    def of(self, model: str) -> Download | None:
        """The latest download of a model; None if nobody asked for one since the server's start."""
        return self._of.get(model)


def _fetch(model: str, download: Download) -> None:
    try:
        fetch(model, models_folder(), download)
    except Cancelled:
        pass
    except (ModelError, OSError) as error:
        download.problem = str(error)
