"""Getting onto Ray, and off it: one on this machine for as long as it is needed, or a cluster that is there."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from unipic.core.errors import SettingsError
from unipic.core.machine import cores, environment
from unipic.core.settings import INSTALLED, PACKAGE, PROJECT

INSTALL = "install Unipic with its extra `ray`" if INSTALLED else "run `pip install -r requirements-ray.txt`"
SILENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DATA_USAGE_DISABLED": "1"}  # nothing is reported to anyone
QUIET = {"RAY_BACKEND_LOG_LEVEL": "fatal"}  # for its processes, which are born in it
ANSWER = 20.0  # seconds a cluster has to answer; the check itself takes two
OBJECTS = 500_000_000  # bytes of shared memory on one machine: pictures on their way from reading to embedding
OURS = "unipic-ray-"  # Ray's folder on this machine; then the process it belongs to
# Sockets lie in it 92 characters further down, and the path of one has at most 107.
SHORT = 15

# What a cluster is sent: code, and weights that are part of the project. Git-ignored files stay here too.
LEFT_HERE = [".git", ".venv", ".unipic", "tests", "docs", "benchmarks", "training"]


class Session:
    """A process has one Ray: whoever comes second uses what is there, and leaves it running."""

    def __init__(self, address: str, workers: int) -> None:
        """`address`: "host:port" of a cluster's head, "" for a Ray of this machine with `workers` cores."""
        os.environ |= SILENT
        import ray

        self._folder: str | None = None
        self._owner = not ray.is_initialized()
        if self._owner and address:
            join(address)
        elif self._owner:
            self._folder = _start(workers or cores())

    def end(self, actors: Sequence[Any]) -> None:
        """The actors go in any case."""
        import ray

        if not ray.is_initialized():
            return
        for actor in actors:
            ray.kill(actor)
        if self._owner:
            ray.shutdown()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def _start(workers: int) -> str:
    """Gives its folder. Nobody else can use it: it asks for a token that only this process knows."""
    room = tempfile.gettempdir() if len(tempfile.gettempdir()) <= SHORT else "/tmp"
    _sweep(room)
    folder = tempfile.mkdtemp(prefix=f"{OURS}{os.getpid()}-", dir=room)
    path = os.pathsep.join(dict.fromkeys(os.path.abspath(part) for part in sys.path))
    try:
        with environment(**QUIET, PYTHONPATH=path, RAY_AUTH_TOKEN=_token()):
            _init(
                address="local",
                num_cpus=workers,
                object_store_memory=OBJECTS,
                include_dashboard=False,
                _temp_dir=folder,
            )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def join(address: str) -> None:
    _answers(address)
    try:
        with environment(**QUIET):
            _init(address=address, runtime_env=_sent())
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise SettingsError(f"the Ray cluster at {address} cannot be joined: {error}") from error


def _sent() -> dict[str, Any]:
    """Our code, and the weights that come along, for workers on other machines."""
    if INSTALLED:
        return {"py_modules": [str(PACKAGE)]}
    return {
        "working_dir": str(PROJECT),
        "excludes": LEFT_HERE,
        "env_vars": {"PYTHONPATH": "src"},  # in it: workers start there
    }


def _answers(address: str) -> None:
    """In a process of its own: Ray itself waits for two minutes, and cannot be told otherwise."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    try:
        subprocess.run(command, timeout=ANSWER, check=True, capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        raise SettingsError(
            f"no Ray cluster answers at {address} within {ANSWER:.0f} seconds: check --ray-address, "
            "and on the head node `ray status`"
        ) from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise SettingsError(f"the Ray cluster at {address} cannot be used: {last}") from None


def _sweep(room: str) -> None:
    """Folders whose process was killed: what Ray had no memory for lies in them."""
    for name in os.listdir(room):
        owner = name.removeprefix(OURS).split("-")[0]
        if name.startswith(OURS) and owner.isdigit() and not _lives(int(owner)):
            shutil.rmtree(os.path.join(room, name), ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


@cache
def _token() -> str:
    """Ray keeps to the first one a process has."""
    return secrets.token_hex(32)


def _init(**given: Any) -> None:
    """Quietly, and without Ray's own idea of what SIGTERM means."""
    import ray

    main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        with _tongue_held():
            ray.init(logging_level=logging.ERROR, log_to_driver=False, **given)
    finally:
        if main and before is not None:
            signal.signal(signal.SIGTERM, before)
    # What befalls its workers Ray prints to standard output, which belongs to --json.
    ray._private.worker.print_to_stdstream = lambda *_, **__: None
    import ray.data  # sets up its own logging

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # errors come as exceptions
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False


@contextmanager
def _tongue_held() -> Iterator[None]:
    """Ray's C++ says on the error stream that it was told to be quiet; what goes wrong comes as an exception."""
    stream, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(stream, 2)
        os.close(stream)
        os.close(nowhere)
