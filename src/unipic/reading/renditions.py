"""Pictures of originals that any browser shows: one for the large view, and one at full size where the original is
in a format that browsers do not know.

Decoding an original is the dangerous part. It is done in a worker with the limits reading has, never in the server's
own process: a hostile file costs one worker, and gives a reason. A picture is cached by its digest, and only made of
bytes that still have this digest: another picture is never shown as the one that was looked at.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from unipic.core.errors import NotShown
from unipic.core.files import hash_file, sweep_parts, whole
from unipic.core.photo import Photo
from unipic.core.settings import Settings
from unipic.core.words import printable
from unipic.reading.engines.base import Engine, Failure
from unipic.reading.engines.local import LocalEngine, cores
from unipic.reading.images import NotAPhoto, decode

VIEW_SIDE, VIEW_QUALITY = 2048, 88  # sharp on the largest window, and some 600 kB
FULL_QUALITY = 92
JPEG_SIDE = 65_500  # pixels; the format has no more
PROFILE = 1_000_000  # bytes; a real colour profile has a few thousand
# Of one run. Some 800 views, or 60 pictures at full size: more than anybody flips through before coming back to one,
# and little beside the photos themselves.
CAP = 500_000_000
WORKERS = 2  # one picture is looked at, the next is fetched ahead
# Seconds. Workers that decoded a large picture keep its memory, so they are not kept while nobody looks; to start them
# again takes half a second, which is seen once after a pause.
IDLE = 60.0
CHANGED = "has changed since it was looked at, so it is not shown. Run Unipic on it again to see it as it is now."


@dataclass(frozen=True)
class Order:
    """One picture to make."""

    photo: Photo
    target: Path
    long_side: int
    quality: int


def render(order: Order, settings: Settings) -> str:
    """Make one picture, in a worker. "" when it is there, else why it is not."""
    try:
        return _render(order, settings)
    except FileNotFoundError:
        return "is no longer where it was, or its run was deleted."
    except OSError as error:
        return f"could not be shown: {error.strerror or error}."


def _render(order: Order, settings: Settings) -> str:
    photo = order.photo
    try:
        decoded = decode(photo.path, order.long_side, settings)
    except NotAPhoto as error:
        return CHANGED if hash_file(photo.path) != photo.digest else f"{error}."
    if decoded.digest != photo.digest:
        return CHANGED
    profile = _profile(decoded.picture.info.get("icc_profile"))
    with whole(order.target) as file:
        # Without a comment given, the original's would come along.
        decoded.picture.save(file, "JPEG", quality=order.quality, comment=b"", icc_profile=profile)
    return ""


def _profile(profile: bytes | None) -> bytes | None:
    """The original's colours, as wide as they were. After the conversion a profile for other than RGB is wrong."""
    return profile if profile and profile[16:20] == b"RGB " and len(profile) <= PROFILE else None


class Renderer:
    """The workers that make pictures, shared by all runs of a server: opened when first needed, closed when idle."""

    def __init__(
        self,
        settings: Settings | None = None,
        open_engine: Callable[[], Engine] | None = None,
        idle: float = IDLE,
    ) -> None:
        self.settings = settings or Settings()
        self._open = open_engine or self._local
        self._idle = idle
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._users = 0
        self._timer: threading.Timer | None = None
        self._making: dict[Path, Future[None]] = {}

    def make(self, order: Order) -> None:
        """The picture at its place; NotShown if that cannot be. Asked for twice at once it is made once."""
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
        """Stop the workers. They come back when they are needed."""
        with self._lock:
            engine, self._engine = self._engine, None
        if engine:
            engine.close()

    def _make(self, order: Order) -> None:
        with self._workers() as engine:
            ((_, outcome),) = engine.map(partial(render, settings=self.settings), [order])
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
        except BaseException:  # the workers themselves are broken, not a photo: the next picture gets new ones
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
        return LocalEngine(min(WORKERS, cores()), self.settings.photo_seconds, self.settings.worker_memory)


class Renditions:
    """The pictures of one run. They may be deleted at any time."""

    def __init__(self, folder: Path, renderer: Renderer, cap: int = CAP) -> None:
        self.folder = folder
        self.renderer = renderer
        self.cap = cap

    def view(self, photo: Photo) -> Path:
        """Upright JPEG, long side 2048 or less: a picture is never enlarged. NotShown if that cannot be."""
        return self._made(photo, f"{photo.digest}-{VIEW_SIDE}.jpg", VIEW_SIDE, VIEW_QUALITY)

    def full(self, photo: Photo) -> Path:
        """Upright JPEG with every pixel of the original, or of a raw photo's preview. NotShown if that cannot be."""
        side = min(max(photo.width, photo.height), JPEG_SIDE)
        return self._made(photo, f"{photo.digest}-full.jpg", side, FULL_QUALITY)

    def _made(self, photo: Photo, name: str, long_side: int, quality: int) -> Path:
        path = self.folder / name
        try:
            os.utime(path)  # it is in use, so it goes last
        except FileNotFoundError:
            try:
                self.folder.mkdir(mode=0o700, exist_ok=True)  # without parents: a run that was deleted stays deleted
            except FileNotFoundError:
                raise NotShown("This review no longer exists, so its photos cannot be shown.") from None
            self.renderer.make(Order(photo, path, long_side, quality))
            self._trim(path)
        return path

    def _trim(self, newest: Path) -> None:
        """Those nobody looked at for longest go first."""
        sweep_parts(self.folder, "*")
        found = []
        for path in self.folder.glob("*.jpg"):
            with suppress(FileNotFoundError):  # another request was quicker
                facts = path.stat()
                found.append((facts.st_mtime_ns, path, facts.st_size))
        over = sum(size for *_, size in found) - self.cap
        for _, path, size in sorted(found):
            if over <= 0:
                break
            if path != newest:
                path.unlink(missing_ok=True)
                over -= size
