"""The events of the library, found once for each state of it and of what people said."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from unipic.core.settings import Settings, models_folder
from unipic.library.library import Library

if TYPE_CHECKING:  # loaded when somebody looks at events: the first screen should not wait for it
    from unipic.albums.clocks import Offset
    from unipic.albums.events import Events
    from unipic.vision.base import Encoder

BUILTIN = "builtin"  # the encoder without weights
State = tuple[int, ...]


class Occasions:
    """Events and clocks of a library. Every method may raise DecisionsUnreadable."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._lock = threading.Lock()
        self._events: tuple[State, Events] | None = None
        self._clocks: tuple[State, list[Offset]] | None = None

    def now(self) -> Events:
        """The events as the library is now."""
        from utils import find_events

        with self._lock:
            state = self._state()
            if self._events is None or self._events[0] != state:
                self._events = state, find_events(self.library, self.encoder())
            return self._events[1]

    def clocks(self) -> list[Offset]:
        """Cameras whose clocks seem to disagree."""
        from utils import find_clocks

        with self._lock:
            state = self._state()
            if self._clocks is None or self._clocks[0] != state:
                self._clocks = state, find_clocks(self.library, self.encoder())
            return self._clocks[1]

    def matching(self, words: str) -> frozenset[str]:
        """Digests of the photos of the events with this id, or whose title has these words."""
        return self.now().matching(words)

    def encoder(self) -> Encoder:
        """The encoder that made the library's vectors. No network is loaded."""
        from unipic.vision.registry import Loader, open_encoder

        return open_encoder(self.encoder_name(), Loader(models_folder(), fetch=False))[0]

    def encoder_name(self) -> str:
        """The usual one, also for a library without vectors; the built-in one where it alone has made some."""
        from unipic.vision.registry import Loader, open_encoder

        usual = Settings().comparing.encoder
        made = {name: open_encoder(name, Loader(models_folder(), fetch=False))[0].key for name in (usual, BUILTIN)}
        alone = not self.library.has_vectors(made[usual]) and self.library.has_vectors(made[BUILTIN])
        return BUILTIN if alone else usual

    def _state(self) -> State:
        """Differs whenever the index or a decision changed."""
        said = self.library.marks.path
        return (*self.library.version(), said.stat().st_mtime_ns if said.exists() else 0)
