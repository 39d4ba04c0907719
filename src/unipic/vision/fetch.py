"""Download a model's missing files: the only module in vision that uses the network.

A child process downloads, since it can be killed whatever a server does: name look-ups have no timeout, and a server
may accept a connection and never answer.

Command: python -m unipic.vision.fetch NAME FOLDER [MANIFEST]. It writes one JSON object a line to stdout, see
`_messages`.
"""

import hashlib
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from unipic.core.errors import ModelDamaged, ModelError, ModelMissing
from unipic.core.files import PART, sync_folder
from unipic.core.language import kept, retold
from unipic.core.progress import BYTE, Progress, Step, silent
from unipic.core.settings import PACKAGE, offline
from unipic.vision.manifest import MANIFEST, File, Model, damage, find, read_manifest

ANSWER = 5.0  # seconds until the server's first answer, including the child's start and the name look-up
QUIET = 20.0  # seconds without a byte after which a download is given up
DEADLINE = 1800.0  # seconds: 600 MB at 3 Mbit/s
TICK = 0.25  # seconds between calls of progress, so it can cancel while nothing arrives
REST = 60.0  # seconds until a server that did not answer is asked again
CHUNK = 1 << 16  # bytes
REPORT_INTERVAL_S = 0.1  # seconds between two reports of the child

_silent_since: dict[str, float] = {}  # host: when it did not answer


def fetch(
    name: str, folder: Path, progress: Progress = silent, deadline_s: float = DEADLINE, manifest: Path = MANIFEST
) -> None:
    """Download the model into `folder`, in one of its forms, each file with the manifest's sha256.

    ModelMissing if that is impossible, with the reason. ModelDamaged if a file here or from the server is wrong; the
    latter is deleted. Cancelled, or any exception of `progress`, ends the download; complete files stay.
    """
    model = read_manifest(manifest)[name]
    status = find(model, folder)
    if status.state == "damaged":
        raise ModelDamaged(status.problem)
    if model.shipped and status.state == "missing":
        raise ModelMissing(status.problem)
    missing = _missing(model, folder)
    if status.state == "missing" and missing:  # another process may just have downloaded them
        host, total = urlsplit(missing[0].url).hostname or "", sum(file.size for file in missing)
        _refuse(model, host)
        child = _start(name, folder, manifest)
        try:
            _follow(child, model, host, total, progress, time.monotonic() + deadline_s)
        finally:
            _end(child, model, folder)


def _missing(model: Model, folder: Path) -> list[File]:
    return [file for file in model.forms[0].files if not (folder / file.path).is_file()]


def _refuse(model: Model, host: str) -> None:
    """Raise ModelMissing without trying, if offline, or if the server did not answer a moment ago."""
    if offline():
        raise ModelMissing(
            kept("{model} is not installed and UNIPIC_OFFLINE forbids downloading it", model=model.label)
        )
    if time.monotonic() - _silent_since.get(host, -math.inf) < REST:
        raise ModelMissing(
            kept("{model} is not installed and {host} could not be reached a moment ago", model=model.label, host=host)
        )


def _start(name: str, folder: Path, manifest: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        # -P: do not import modules from the current folder
        [sys.executable, "-P", "-m", "unipic.vision.fetch", name, str(folder.absolute()), str(manifest.absolute())],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C goes to the parent, which then ends the child
    )


def _follow(
    child: subprocess.Popen[bytes], model: Model, host: str, total: int, progress: Progress, deadline: float
) -> None:
    """Report the child's progress until it is done. ModelError if it fails or is silent for too long."""
    stage, done, heard = kept("Fetching {model} weights", model=model.label), 0, time.monotonic()
    patience, verdict = (
        ANSWER,
        {"error": "silent", "reason": kept("no answer within {seconds:.0f} seconds", seconds=ANSWER)},
    )
    progress(Step(stage, done, total, BYTE, skippable=True))
    for message in _messages(child):
        now = time.monotonic()
        if "error" in message:
            raise _error(model, host, message)
        if message:
            done, heard, patience = message["done"], now, math.inf if message["saving"] else QUIET
            verdict = {"error": "broken", "reason": kept("sent nothing for {seconds:.0f} seconds", seconds=QUIET)}
        if now - heard > patience:
            raise _error(model, host, verdict)
        if now > deadline:
            raise _error(
                model, host, {"error": "broken", "reason": kept("was too slow to send it in the time there was")}
            )
        progress(Step(stage, done, total, BYTE, skippable=True))
    if code := child.wait():
        raise ModelMissing(
            kept(
                "{model} is not installed and the process that downloads it ended with code {code}",
                model=model.label,
                code=code,
            )
        )


def _messages(child: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    """The child's messages until it ends, and {} at least every TICK.

    {"done": bytes, "saving": whether it is busy with the disk} or {"error": kind, "reason": words}
    """
    lines: SimpleQueue[bytes] = SimpleQueue()
    assert child.stdout is not None
    Thread(target=_pump, args=(child.stdout, lines), daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=TICK)
        except Empty:
            yield {}
            continue
        if not line:
            return
        yield json.loads(line)


def _pump(stream: Any, lines: SimpleQueue[bytes]) -> None:
    """Queue every line, and an empty one at the end."""
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(b"")


def _error(model: Model, host: str, message: dict[str, Any]) -> ModelError:
    """The child's error as an exception for people."""
    kind, reason = message["error"], retold(message["reason"])
    if kind == "damaged":
        return ModelDamaged(
            kept(
                "{model} came damaged from {host} and was not kept: {reason}. Try again later.",
                model=model.label,
                host=host,
                reason=reason,
            )
        )
    if kind == "disk":
        return ModelMissing(
            kept("{model} is not installed and cannot be written ({reason})", model=model.label, reason=reason)
        )
    if kind == "silent":
        _silent_since[host] = time.monotonic()
        return ModelMissing(
            kept(
                "{model} is not installed and {host} cannot be reached ({reason})",
                model=model.label,
                host=host,
                reason=reason,
            )
        )
    return ModelMissing(
        kept("{model} is not installed and {host} {reason}", model=model.label, host=host, reason=reason)
    )


def _end(child: subprocess.Popen[bytes], model: Model, folder: Path) -> None:
    """Kill the child and delete its part files."""
    child.kill()
    child.wait()
    for file in model.forms[0].files:
        with suppress(OSError):
            _part(folder / file.path, child.pid).unlink()


def _part(path: Path, process: int) -> Path:
    """A part file per process, so two downloads at once do not share one."""
    return path.with_name(f"{path.name}.{process}{PART}")


# The child process.


class _Failed(Exception):
    """Kind ("silent", "broken", "damaged", "disk") and reason."""


def main(name: str, folder: Path, manifest: Path = MANIFEST) -> int:
    """The child process: download what is missing. Returns its exit code."""
    done = 0
    try:
        for file in _missing(read_manifest(manifest)[name], folder):
            with _open(file) as response:
                _write(response, file, folder / file.path, done)
            done += file.size
    except _Failed as failed:
        kind, reason = failed.args
        _say({"error": kind, "reason": reason})
        return 1
    return 0


def _open(file: File) -> HTTPResponse:
    """Open the URL. Only http and https are allowed, redirects included, so no server can redirect to a local file."""
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler,
        request.HTTPHandler,
        request.HTTPSHandler,
        request.HTTPRedirectHandler,
        request.HTTPDefaultErrorHandler,
        request.HTTPErrorProcessor,
        request.UnknownHandler,
    ):
        opener.add_handler(handler())
    try:
        return opener.open(request.Request(file.url, headers={"User-Agent": "unipic"}), timeout=QUIET)
    except HTTPError as error:
        raise _Failed(
            "broken", kept("answered {code} {words} for {url}", code=error.code, words=error.reason, url=file.url)
        ) from error
    except URLError as error:
        raise _Failed("silent", _words(error.reason)) from error
    except (OSError, HTTPException) as error:
        raise _Failed("broken", kept("broke off before it answered ({error})", error=_words(error))) from error


def _write(response: HTTPResponse, file: File, path: Path, before: int) -> None:
    """Write the response's body to `path` if its sha256 is right. Raises _Failed."""
    part = _part(path, os.getpid())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as target:
            digest = hashlib.sha256()
            for chunk in _body(response, file, before):
                target.write(chunk)
                digest.update(chunk)
            if digest.hexdigest() != file.sha256:
                raise _Failed("damaged", damage(file, path, digest.hexdigest()))
            _say({"done": before + file.size, "saving": True})
            target.flush()
            os.fsync(target.fileno())
        os.replace(part, path)
        sync_folder(path.parent)
    except OSError as error:
        raise _Failed("disk", f"{path}: {_words(error)}") from error
    finally:
        with suppress(OSError):
            part.unlink()
    _say({"done": before + file.size, "saving": False})


def _body(response: HTTPResponse, file: File, before: int) -> Iterator[bytes]:
    """The body in chunks, at most slightly more than the file's size: an endless response does not fill the disk."""
    got, said, announced = 0, -math.inf, int(response.headers.get("Content-Length") or 0)
    try:
        while got <= file.size:
            if time.monotonic() - said > REPORT_INTERVAL_S:
                _say({"done": before + min(got, file.size), "saving": False})
                said = time.monotonic()
            if not (chunk := response.read1(CHUNK)):
                break
            got += len(chunk)
            yield chunk
    except (OSError, HTTPException) as error:
        raise _Failed(
            "broken",
            kept("broke off after {got:,} bytes of {file} ({error})", got=got, file=file.path, error=_words(error)),
        ) from error
    if got < min(announced, file.size):
        raise _Failed("broken", kept("broke off after {got:,} bytes of {file}", got=got, file=file.path))


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def _words(error: object) -> str:
    """The system's message about an error, in one line."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(said).split())


if __name__ == "__main__":
    name, folder, *rest = sys.argv[1:]
    sys.exit(main(name, Path(folder), *map(Path, rest)))
