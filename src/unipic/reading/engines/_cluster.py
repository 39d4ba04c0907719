"""Connect to Ray and disconnect: start one on this machine as long as it is needed, or join a cluster."""

import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.core.machine import decode_processes, environment
from unipic.core.settings import INSTALLED, PACKAGE, PROJECT

INSTALL = N_("install Unipic with its extra `ray`") if INSTALLED else N_("run `pip install -r requirements-ray.txt`")
SILENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DATA_USAGE_DISABLED": "1"}  # nothing is reported to anyone
QUIET = {"RAY_BACKEND_LOG_LEVEL": "fatal"}  # for the processes Ray starts
ANSWER = 20.0  # seconds a cluster has to answer; the check itself takes two
OBJECTS = 500_000_000  # bytes of shared memory on one machine: pictures on their way from reading to embedding
OURS = "unipic-ray-"  # Ray's folder on this machine; the process id follows
# Socket paths add 92 characters, and may have at most 107.
SHORT = 15

# Not sent to a cluster, which needs code and shipped weights only. Git-ignored files are not sent either.
LEFT_HERE = [".git", ".venv", ".unipic", "tests", "docs", "benchmarks", "training"]


class Session:
    """A connection to Ray. A process has only one Ray: a second Session shares the first, and leaves it running."""

    def __init__(self, address: str, workers: int) -> None:
        """`address`: "host:port" of a cluster's head, "" for a Ray of this machine with `workers` cores."""
        os.environ |= SILENT
        import ray

        self._folder: str | None = None
        self._owner = not ray.is_initialized()
        if self._owner and address:
            join(address)
        elif self._owner:
            self._folder = _start(workers or decode_processes())

    def end(self) -> None:
        """Disconnect if this session connected."""
        import ray

        if not ray.is_initialized():
            return
        if self._owner:
            ray.shutdown()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def _start(workers: int) -> str:
    """Start Ray on this machine and return its folder. Access needs a token that only this process knows."""
    parent = tempfile.gettempdir() if len(tempfile.gettempdir()) <= SHORT else "/tmp"
    _sweep(parent)
    folder = tempfile.mkdtemp(prefix=f"{OURS}{os.getpid()}-", dir=parent)
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
    """Connect to the cluster at `address` ("host:port"). SettingsError if it does not answer or cannot be used."""
    _answers(address)
    try:
        with environment(**QUIET):
            _init(address=address, runtime_env=_sent())
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise SettingsError(
            _("the Ray cluster at {address} cannot be joined: {error}", address=address, error=error)
        ) from error


def _sent() -> dict[str, Any]:
    """Ray's runtime environment: our code and shipped weights, for workers on other machines."""
    if INSTALLED:
        return {"py_modules": [str(PACKAGE)]}
    return {
        "working_dir": str(PROJECT),
        "excludes": LEFT_HERE,
        "env_vars": {"PYTHONPATH": "src"},  # relative: workers start in working_dir
    }


def _answers(address: str) -> None:
    """Check that the cluster answers, in a separate process: Ray itself always waits two minutes."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    try:
        subprocess.run(command, timeout=ANSWER, check=True, capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        raise SettingsError(
            _(
                "no Ray cluster answers at {address} within {seconds:.0f} seconds: check --ray-address, and "
                "on the head node `ray status`",
                address=address,
                seconds=ANSWER,
            )
        ) from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or [_("it said nothing")])[-1]
        raise SettingsError(
            _("the Ray cluster at {address} cannot be used: {error}", address=address, error=last)
        ) from None


def _sweep(parent: str) -> None:
    """Delete Ray's folders whose process was killed; they hold objects that did not fit memory."""
    for name in os.listdir(parent):
        owner = name.removeprefix(OURS).split("-")[0]
        if name.startswith(OURS) and owner.isdigit() and not _lives(int(owner)):
            shutil.rmtree(os.path.join(parent, name), ignore_errors=True)


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
    """The same for the whole process: Ray keeps the first token it gets."""
    return secrets.token_hex(32)


def _init(**given: Any) -> None:
    """Start or join Ray silently, and keep our own SIGTERM handler."""
    import ray

    main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        with _stderr_silenced():
            ray.init(logging_level=logging.ERROR, log_to_driver=False, **given)
    finally:
        if main and before is not None:
            signal.signal(signal.SIGTERM, before)
    # Ray prints its workers' failures to standard output, which belongs to --json.
    ray._private.worker.print_to_stdstream = lambda *_, **__: None
    import ray.data  # sets up its own logging

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # errors come as exceptions
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False


@contextmanager
def _stderr_silenced() -> Iterator[None]:
    """Silence the error stream while Ray's C++ starts; errors arrive as exceptions."""
    stream, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(stream, 2)
        os.close(stream)
        os.close(nowhere)
