"""The inbox as WsgiDAV serves it. What arrived whole is never overwritten, deleted or copied by a phone."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from wsgidav.dav_error import HTTP_CONFLICT, HTTP_FORBIDDEN, HTTP_INSUFFICIENT_STORAGE, DAVError
from wsgidav.dav_provider import DAVNonCollection
from wsgidav.error_printer import ErrorPrinter
from wsgidav.fs_dav_provider import FileResource, FilesystemProvider, FolderResource
from wsgidav.request_resolver import RequestResolver
from wsgidav.wsgidav_app import WsgiDAVApp

from unipic.core.errors import AlreadyThere
from unipic.core.files import PART, atomic_file, hash_file
from unipic.core.moving import move
from unipic.destinations.names import FORBIDDEN
from unipic.library.inbox import MARKER
from unipic.sources.arriving import unfinished

LONGEST = 200  # bytes of one name; most systems allow 255, and the suffix of a part file must fit
KEPT = "Photos that arrived are kept. Delete them in Unipic."
TAKEN = "Another file has this name. Nothing was overwritten."
FULL = "The inbox is full."

Environ = dict[str, Any]


def dav_app(inbox: Path, mount: str, room: Callable[[], int]) -> WsgiDAVApp:
    """The WSGI application of the inbox, for requests that may enter. `room`: bytes that may still arrive."""
    logging.getLogger("wsgidav").setLevel(logging.CRITICAL)  # what it refuses is no event
    settings = {
        "mount_path": mount,
        "provider_mapping": {"/": Inbox(inbox, room)},
        "middleware_stack": [ErrorPrinter, RequestResolver],
        "honor_mtime_header": True,
        "mutable_live_props": ["{DAV:}getlastmodified"],
        "suppress_version_info": True,
        "logging": {"enable": False},
        "verbose": 1,
    }
    return WsgiDAVApp(settings)


class Inbox(FilesystemProvider):  # type: ignore[misc]
    """The folder, without its own files and without links."""

    def __init__(self, folder: Path, room: Callable[[], int]) -> None:
        super().__init__(str(folder), fs_opts={})
        self.room = room

    def get_resource_inst(self, path: str, environ: Environ) -> Photo | Folder | None:
        place = self._loc_to_file_path(path, environ)
        if not os.path.exists(place):
            return None
        return (Folder if os.path.isdir(place) else Photo)(path, environ, place)

    def _loc_to_file_path(self, path: str, environ: Environ | None = None) -> str:
        for name in path.strip("/").split("/"):
            if own(name) or FORBIDDEN.search(name) or len(name.encode(errors="replace")) > LONGEST:
                raise DAVError(HTTP_FORBIDDEN, "This name cannot be used.")
        return str(super()._loc_to_file_path(path, environ))


def own(name: str) -> bool:
    """Whether a file is one of Unipic's own."""
    return name == MARKER or name.endswith(PART)


class Kept:
    """What files and folders have in common. Every request that would delete, copy or rename goes through here."""

    name: str
    path: str
    provider: Inbox
    environ: Environ
    _file_path: str

    def handle_delete(self) -> bool:
        self.delete()
        return True

    def delete(self) -> None:
        """Delete an empty folder, or a file with the name of an unfinished one."""
        try:
            if os.path.isdir(self._file_path):
                os.rmdir(self._file_path)
            elif unfinished(self.name):
                os.unlink(self._file_path)
            else:
                raise DAVError(HTTP_FORBIDDEN, KEPT)
        except OSError:
            raise DAVError(HTTP_FORBIDDEN, KEPT) from None

    def handle_copy(self, dest_path: str, *, depth_infinity: bool) -> bool:
        raise DAVError(HTTP_FORBIDDEN, KEPT)

    def handle_move(self, dest_path: str) -> bool:
        """Rename, as programs do with a file that arrived whole under another name."""
        there = self.provider._loc_to_file_path(dest_path, self.environ)
        try:
            if unfinished(self.name) and os.path.isfile(there) and hash_file(there) == hash_file(self._file_path):
                os.unlink(self._file_path)  # it was sent a second time
            else:
                move(self._file_path, there)
        except AlreadyThere:
            raise DAVError(HTTP_CONFLICT, TAKEN) from None
        return True


class Folder(Kept, FolderResource):  # type: ignore[misc]
    """A folder of the inbox, or the inbox."""

    def get_member_names(self) -> list[str]:
        return [name for name in super().get_member_names() if not own(name)]

    def create_empty_resource(self, name: str) -> Photo:
        path = f"{self.path.rstrip('/')}/{name}"
        return Photo(path, self.environ, self.provider._loc_to_file_path(path, self.environ))

    def get_used_bytes(self) -> None:
        """Unknown: it takes a walk through all files."""

    def get_available_bytes(self) -> None:
        """Unknown, too."""


class Photo(Kept, FileResource):  # type: ignore[misc]
    """A file of the inbox, or one that is about to arrive. It gets its name when all of it is there."""

    arriving: AbstractContextManager[Any] = nullcontext()

    def __init__(self, path: str, environ: Environ, file_path: str) -> None:
        if os.path.exists(file_path):
            super().__init__(path, environ, file_path)
        else:
            DAVNonCollection.__init__(self, path, environ)
            self._file_path = file_path

    def begin_write(self, *, content_type: str | None = None) -> Photo:
        self.size, self.digest, self.room = 0, hashlib.sha256(), self.provider.room()
        if int(self.environ.get("CONTENT_LENGTH") or 0) > self.room:
            raise DAVError(HTTP_INSUFFICIENT_STORAGE, FULL)
        self.arriving = atomic_file(Path(self._file_path), replace=unfinished(self.name))
        self.file = self.arriving.__enter__()
        return self

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self.room:
            raise DAVError(HTTP_INSUFFICIENT_STORAGE, FULL)
        self.digest.update(data)
        self.file.write(data)

    def close(self) -> None:
        """WsgiDAV closes what it wrote to; end_write does."""

    def end_write(self, *, with_errors: bool) -> None:
        problem: BaseException | None = OSError("it did not arrive whole") if with_errors else None
        if not with_errors and self.provider.room() < 0:  # others arrived meanwhile
            problem = DAVError(HTTP_INSUFFICIENT_STORAGE, FULL)
        try:
            self.arriving.__exit__(type(problem) if problem else None, problem, None)
        except AlreadyThere:
            if hash_file(self._file_path) != self.digest.hexdigest():
                raise DAVError(HTTP_CONFLICT, TAKEN) from None
        if isinstance(problem, DAVError):
            raise problem
