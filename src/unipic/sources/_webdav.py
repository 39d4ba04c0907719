"""A WebDAV server, by as much of fsspec's interface as a cloud is read with. Nothing is changed there."""

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from xml.etree import ElementTree

import httpx2

from unipic.core.language import gettext as _

TIMEOUT_S = 30.0  # without a byte
LIST, CHUNK = 50_000_000, 1 << 20  # bytes of the list of a folder, and of a piece
ASKED = b'<propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getetag/><getlastmodified/></prop></propfind>'
DAV = "{DAV:}"


class WebDav:
    """The files below an address. Every fault is an OSError without a word of the login."""

    def __init__(self, base_url: str, auth: Sequence[str] = ()) -> None:
        self._base = urlsplit(base_url).path.rstrip("/")
        login = (auth[0], auth[1]) if auth else None
        self._client = httpx2.Client(base_url=base_url.rstrip("/"), auth=login, timeout=TIMEOUT_S, trust_env=False)

    def find(self, folder: str, detail: bool = True) -> dict[str, dict[str, Any]]:
        """Every file below a folder, by its path, with its size in bytes and what tells that it changed."""
        found: dict[str, dict[str, Any]] = {}
        waiting, seen = [folder.strip("/")], set[str]()
        while waiting:
            folder = waiting.pop()
            seen.add(folder)
            for path, facts in self._listed(folder):
                if facts is not None:
                    found[path] = facts
                elif path not in seen:
                    waiting.append(path)
        return found

    @contextmanager
    def open(self, path: str, mode: str = "rb") -> Iterator[Any]:
        """Something with `read`, which gives the next piece of the file."""
        with self._answer("GET", path) as answer:
            pieces = answer.iter_bytes(CHUNK)
            yield SimpleNamespace(read=lambda size: next(pieces, b""))

    def _strip_protocol(self, path: str) -> str:
        return path.strip("/")

    @contextmanager
    def _answer(self, method: str, path: str, **asked: Any) -> Iterator[Any]:
        with self._client.stream(method, "/" + quote(path), **asked) as answer:
            if not 200 <= answer.status_code < 300:
                passing = answer.status_code == 429 or answer.status_code >= 500
                answered = f"{answer.status_code} {answer.reason_phrase}"
                words = _("the server answers {answer}", answer=answered)
                raise OSError(errno.EAGAIN if passing else errno.EACCES, words)
            yield answer

    def _listed(self, folder: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """What lies in a folder, by its path: facts of files, None for folders. Links out of it are left out."""
        data = bytearray()
        with self._answer("PROPFIND", folder, headers={"Depth": "1"}, content=ASKED) as answer:
            for piece in answer.iter_bytes(CHUNK):
                data += piece
                if len(data) > LIST:
                    raise OSError(errno.EFBIG, _("the list of a folder is too long"))
        for one in ElementTree.fromstring(bytes(data)).iter(f"{DAV}response"):
            href = unquote(urlsplit(one.findtext(f"{DAV}href") or "").path)
            path = href.removeprefix(self._base).strip("/")
            above, _slash, name = path.rpartition("/")
            if above != folder or not name or name == "..":
                continue
            size, tag = one.findtext(f".//{DAV}getcontentlength"), one.findtext(f".//{DAV}getetag")
            changed = one.findtext(f".//{DAV}getlastmodified")
            is_folder = one.find(f".//{DAV}collection") is not None
            yield path, None if is_folder else {"size": int(size or 0), "etag": tag, "modified": changed}
