"""Listings of the library that browsers show: worked out once for each state of the library, and called by a key."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from server.answers import Refused
from server.occasions import Occasions
from server.searching import Found, Searches, Wanted
from unipic.core.language import gettext as _
from unipic.core.photo import Photo
from unipic.library.library import Library
from unipic.library.listing import Filter, Listing

MOST = 8  # listings that are kept; each has 8 bytes per photo
Range = tuple[int, int]  # positions in a listing: from the first on, without the second


class Listings:
    """The latest listings of a library."""

    def __init__(self, library: Library, most: int = MOST, occasions: Occasions | None = None) -> None:
        self.library = library
        self.most = most
        self.searches = Searches(library, occasions)
        self._kept: OrderedDict[str, Found] = OrderedDict()
        self._lock = threading.Lock()
        self._listing = threading.Lock()  # one at a time: each reads the whole index

    def of(self, wanted: Filter) -> tuple[str, Listing]:
        """The listing of a filter as the library is now, and its key. DecisionsUnreadable if its marks are damaged."""
        key, found = self._of(wanted, lambda: Found(self.library.listing(wanted), {}))
        return key, found.listing

    def search(self, wanted: Wanted) -> tuple[str, Found]:
        """What a search finds as the library is now, and its key. DecisionsUnreadable if its marks are damaged."""
        return self._of(wanted, lambda: self.searches.find(wanted))

    def _of(self, wanted: Filter | Wanted, made: Callable[[], Found]) -> tuple[str, Found]:
        with self._listing:
            key = self._key(wanted)
            found = self._found(key)
            if found is None:
                found = made()
                self._keep(key, found)
        return key, found

    def photos(self, key: str, start: int, count: int) -> list[Photo | None]:
        """Photos from a position on; None where one was forgotten meanwhile."""
        return self._photos(self._ids(key)[start : start + count])

    def more(self, key: str, start: int, count: int) -> list[dict[str, Any]]:
        """For photos of a search from a position on what Found.more() says."""
        found = self._found(key)
        return found.more(start, count) if found else []

    def digests(self, key: str, ranges: Sequence[Range]) -> list[str]:
        """Digests of the photos at some positions, in order."""
        ids = self._ids(key)
        return self.library.digests(np.concatenate([ids[:0], *(ids[start:end] for start, end in ranges)]).tolist())

    def _ids(self, key: str) -> np.ndarray:
        listing = self._found(key)
        if listing is None:
            raise Refused(410, _("The library has changed. It is listed again."))
        return listing.listing.ids

    def _photos(self, ids: np.ndarray) -> list[Photo | None]:
        """The library leaves out what it no longer has; which ones these are is found by halving."""
        found = self.library.photos(ids.tolist())
        if len(found) == len(ids):
            return [*found]
        if len(ids) == 1:
            return [None]
        middle = len(ids) // 2
        return [*self._photos(ids[:middle]), *self._photos(ids[middle:])]

    def _key(self, wanted: Filter | Wanted) -> str:
        marks = self.library.marks.path
        named = isinstance(wanted, Wanted) or wanted.favourite or wanted.tag or wanted.album
        written = marks.stat().st_mtime_ns if named and marks.exists() else 0
        state = repr((wanted, self.library.version(), written, self.searches.examples.added))
        return hashlib.blake2s(state.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()

    def _found(self, key: str) -> Found | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: str, found: Found) -> None:
        """Keep a listing. Searches in an earlier state of the library are dropped, since each holds all its vectors."""
        with self._lock:
            for old, other in list(self._kept.items()):
                if found.results and other.results and other.results.library is not found.results.library:
                    del self._kept[old]
            self._kept[key] = found
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
