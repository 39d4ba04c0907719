"""JPEGs of originals for the browser: a large view, and full size for formats that browsers cannot show.

Decoding an original is dangerous, so a worker with the limits of reading does it, never the server's process. A hostile
file costs one worker and yields a reason. A picture is cached by its digest, and made only from bytes that still have
this digest, so it is always the picture that was scanned.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from unipic.core.errors import NotShown
from unipic.core.files import atomic_file, hash_file, sweep_parts
from unipic.core.language import gettext as _
from unipic.core.machine import decode_processes
from unipic.core.photo import Photo, unchanged
from unipic.core.settings import Limits
from unipic.core.words import printable
from unipic.reading.engines.base import Engine, Failure
from unipic.reading.engines.local import LocalEngine
from unipic.reading.images import NotAPhoto, decode

VIEW_SIDE, VIEW_QUALITY = 2048, 88  # sharp on the largest window, and some 600 kB
FULL_QUALITY = 92
JPEG_SIDE = 65_500  # pixels; the format has no more
PROFILE = 1_000_000  # bytes; a real colour profile has a few thousand
# Bytes per run: some 800 views, or 60 pictures at full size. More than anybody flips through before coming back to
# one, and little beside the photos themselves.
CAP = 500_000_000
WORKERS = 2  # one for the picture on screen, one for the next
# Seconds. Workers keep the memory of the largest picture they decoded, so idle ones are stopped. Starting them again
# takes half a second, once after a pause.
IDLE = 60.0
CHANGED = _("has changed since it was looked at, so it is not shown. Run Unipic on it again to see it as it is now.")


@dataclass(frozen=True)
class Order:
    """One picture to make."""

    photo: Photo
    target: Path
    long_side: int
    quality: int


def render(order: Order, limits: Limits) -> str:
    """Make one picture, in a worker. "" on success, otherwise the reason."""
    try:
        return _render(order, limits)
    except FileNotFoundError:
        return _("is no longer where it was, or its run was deleted.")
    except OSError as error:
        return _("could not be shown: {error}.", error=error.strerror or error)


def _render(order: Order, limits: Limits) -> str:
    photo = order.photo
    try:
        decoded = decode(photo.path, order.long_side, limits)
    except NotAPhoto as error:
        return CHANGED if not unchanged(photo, hash_file(photo.path)) else f"{error}."
    if not unchanged(photo, decoded.digest):
        return CHANGED
    profile = _profile(decoded.picture.info.get("icc_profile"))
    with atomic_file(order.target) as file:
        # otherwise Pillow copies the original's comment
        decoded.picture.save(file, "JPEG", quality=order.quality, comment=b"", icc_profile=profile)
    return ""


def _profile(profile: bytes | None) -> bytes | None:
    """The original's colour profile, to keep wide colours; None if it is not for RGB, and so wrong after conversion."""
    return profile if profile and profile[16:20] == b"RGB " and len(profile) <= PROFILE else None


class Renderer:
    """The workers that make pictures, shared by all runs of a server. They start on demand and stop when idle."""

    def __init__(
        self, limits: Limits | None = None, open_engine: Callable[[], Engine] | None = None, idle: float = IDLE
    ) -> None:
        self.limits = limits or Limits()
        self._open = open_engine or self._local
        self._idle = idle
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._users = 0
        self._timer: threading.Timer | None = None
        self._making: dict[Path, Future[None]] = {}

    def make(self, order: Order) -> None:
        """Make the picture at its target. NotShown if that fails. Simultaneous requests make it once."""
        with self._lock:
            making = self._making.get(order.target)
            mine = making is None
            if making is None:
                making = self._making[order.target] = Future()
        if mine:
            try:
                self._make(order)
                making.set_result(None)
            except BaseException as error:
                making.set_exception(error)
                raise
            finally:
                with self._lock:
                    del self._making[order.target]
        making.result()

    def close(self) -> None:
        """Stop the workers. The next request starts them again."""
        with self._lock:
            engine, self._engine = self._engine, None
        if engine:
            engine.close()

    def _make(self, order: Order) -> None:
        with self._workers() as engine:
            ((_, outcome),) = engine.map(partial(render, limits=self.limits), [order])
        reason = f": {outcome.reason}." if isinstance(outcome, Failure) else f" {outcome}" if outcome else ""
        if reason:
            raise NotShown(printable(order.photo.name) + reason)

    @contextmanager
    def _workers(self) -> Iterator[Engine]:
        with self._lock:
            self._users += 1
            if self._timer:
                self._timer.cancel()
            engine = self._engine = self._engine or self._open()
        try:
            yield engine
        except BaseException:  # the workers broke, not a photo: the next picture gets new ones
            self.close()
            raise
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._timer = threading.Timer(self._idle, self._close_if_idle)
                    self._timer.daemon = True
                    self._timer.start()

    def _close_if_idle(self) -> None:
        with self._lock:
            if self._users:
                return
            engine, self._engine = self._engine, None
        if engine:
            engine.close()

    def _local(self) -> LocalEngine:
        return LocalEngine(min(WORKERS, decode_processes()), self.limits.photo_seconds, self.limits.worker_memory)


class Renditions:
    """The cached pictures of one run. They may be deleted at any time."""

    def __init__(self, folder: Path, renderer: Renderer, cap: int = CAP) -> None:
        self.folder = folder
        self.renderer = renderer
        self.cap = cap

    def view(self, photo: Photo) -> Path:
        """Path of an upright JPEG, long side at most 2048 and never enlarged. NotShown if it cannot be made."""
        return self._made(photo, f"{photo.digest}-{VIEW_SIDE}.jpg", VIEW_SIDE, VIEW_QUALITY)

    def full(self, photo: Photo) -> Path:
        """Path of an upright JPEG with every pixel of the original, or of a raw photo's preview.

        NotShown if it fails.
        """
        side = min(max(photo.width, photo.height), JPEG_SIDE)
        return self._made(photo, f"{photo.digest}-full.jpg", side, FULL_QUALITY)

    def _made(self, photo: Photo, name: str, long_side: int, quality: int) -> Path:
        path = self.folder / name
        try:
            os.utime(path)  # mark it as used
        except FileNotFoundError:
            try:
                self.folder.mkdir(mode=0o700, exist_ok=True)  # without parents, so a deleted run is not created again
            except FileNotFoundError:
                raise NotShown(_("This review no longer exists, so its photos cannot be shown.")) from None
            self.renderer.make(Order(photo, path, long_side, quality))
            self._trim(path)
        return path

    def _trim(self, newest: Path) -> None:
        """Delete the pictures that were unused for longest, until the rest fit `cap`."""
        sweep_parts(self.folder, "*")
        found = []
        for path in self.folder.glob("*.jpg"):
            with suppress(FileNotFoundError):  # another request deleted it
                status = path.stat()
                found.append((status.st_mtime_ns, path, status.st_size))
        over = sum(size for *_, size in found) - self.cap
        for _time, path, size in sorted(found):
            if over <= 0:
                break
            if path != newest:
                path.unlink(missing_ok=True)
                over -= size
