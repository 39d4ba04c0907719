"""Faults at chosen calls of the system: by strace where it may trace, else by wrapping Python's own calls.

    with Forks() as forks:
        attempt = forks.run("folder", root, Fault({"fsync": 3}))

`way()` says which of the two is used, and UNIPIC_FAULTS=python chooses the second. kill -9 is not a power cut: what the
disk had not got yet is not lost by it. For that the order of fsync and rename is asserted.
"""

from __future__ import annotations

import functools
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.safety.harness.fault import Call, Fault
from tests.safety.harness.wrapped import ENV, KILLED, calls_of

from unipic.core.settings import PROJECT

WAIT = 600  # seconds after which something hangs
TRACE = "trace="
# The calls that change what is on disk, and the opening of files. "?": not every machine has each of them.
CHANGING = (
    *("openat", "write", "pwrite64", "fsync", "fdatasync", "?link", "linkat", "?rename", "renameat", "renameat2"),
    *("?unlink", "unlinkat", "?mkdir", "mkdirat", "?rmdir", "ftruncate", "utimensat"),
)
# Those that need room on the disk, but for openat, which reads too.
TAKING = (
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "ftruncate",
    "rename",
    "renameat2",
)
LINE = re.compile(r"^(?:\d+ +)?(?:[\d:.]+ )?(\w+)\((.*)")
PATHS = re.compile(r'"((?:[^"\\]|\\.)*)"|(?<=[\dD])<([^>]*)>')


@functools.cache
def without_strace() -> str:
    """Why strace cannot be used, "" where it can: it is tried on a process that is no child of it."""
    if os.environ.get("UNIPIC_FAULTS") == "python":
        return "UNIPIC_FAULTS says so"
    if not shutil.which("strace"):
        return "strace is not installed"
    with tempfile.TemporaryDirectory() as folder, Forks(strace=True) as forks:
        root = Path(folder)
        (root / "out").mkdir()
        try:
            killed = forks.run("journal", root, Fault({"fsync": 1}))
        except RuntimeError as error:
            return str(error)
        return "" if killed.code == -signal.SIGKILL else "strace could not inject a signal"


def way() -> str:
    return "python" if without_strace() else "strace"


@dataclass(frozen=True)
class Attempt:
    """How a piece of work ended."""

    code: int
    said: str  # to the person
    answered: int  # steps that were answered before
    calls: tuple[Call, ...] = ()

    @property
    def killed(self) -> bool:
        return self.code in (-signal.SIGKILL, KILLED)


class Forks:
    """A process that forks for each piece of work of driver.py."""

    def __init__(self, strace: bool | None = None) -> None:
        self.strace = not without_strace() if strace is None else strace

    def __enter__(self) -> Forks:
        environment = {**os.environ, "PYTHONPATH": f"{PROJECT / 'src'}{os.pathsep}{PROJECT}", "PYTHONHASHSEED": "0"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.safety.harness.driver"],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(WAIT)
        self._process.stdout.close()

    def run(
        self,
        task: str,
        root: Path,
        fault: Fault | None = None,
        trace: bool = False,
        size: int = 0,
        after: float | None = None,
    ) -> Attempt:
        """One piece of work, with a fault, or killed `after` seconds. With `trace` all that it asked of the system;
        with `size` no file can become larger."""
        order: dict[str, Any] = {"task": task, "root": str(root), "wrap": "", "log": "", "size": size}
        log = root / "calls"
        if not self.strace:
            order |= {"wrap": fault.to_json() if fault else "", "log": str(log) if trace else ""}
        pid = int(self._ask(json.dumps(order)))
        tracer = self._attached(pid, log, fault) if self.strace and (fault or trace) else None
        assert self._process.stdin
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        if after is not None and not self._ended(after):
            os.kill(pid, signal.SIGKILL)
        code = int(self._answer())
        if tracer:
            tracer.wait(WAIT)
        calls = (strace_calls(log) if self.strace else tuple(calls_of(str(log)))) if trace else ()
        memory = (root / "answered").read_bytes()
        return Attempt(code, memory[1:].rstrip(b"\0").decode(errors="replace"), memory[0], calls)

    def _attached(self, pid: int, log: Path, fault: Fault | None) -> subprocess.Popen[str]:
        """strace, when it has taken hold of the process."""
        command = ["strace", "-y", "-s", "4096", "-o", str(log), "-p", str(pid), *injections(fault)]
        tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert tracer.stderr
        words = tracer.stderr.readline()
        if "attached" not in words:
            words += tracer.stderr.read()
            tracer.wait(WAIT)
            os.kill(pid, signal.SIGKILL)
            self._ask("go")
            raise RuntimeError(words.strip())
        return tracer

    def _ended(self, seconds: float) -> bool:
        return bool(select.select([self._process.stdout], [], [], seconds)[0])

    def _ask(self, line: str) -> str:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        """A line from the process. Its few bytes come at once, so that nothing waits in a buffer behind it."""
        assert self._process.stdout
        if not self._ended(WAIT):
            raise RuntimeError("the driver does not answer")
        return self._process.stdout.readline().strip()


def injections(fault: Fault | None) -> list[str]:
    """The arguments of strace: what is traced, and what goes wrong."""
    names = list(fault.at) if fault and fault.paths else [*CHANGING, *(fault.at if fault else ())]
    words = ["-e", "trace=" + ",".join(dict.fromkeys(names)), "-e", "signal=none"]
    if fault:
        how = f"error={fault.error}" if fault.error else "signal=SIGKILL"
        for name, first in fault.at.items():
            words += ["-e", f"inject={name}:{how}:when={first}{'+' if fault.sticky else ''}"]
        for path in fault.paths:
            words += ["-P", path]
    return words


def strace_calls(log: Path) -> tuple[Call, ...]:
    """Calls that were begun, in order; those that failed too."""
    found = []
    for line in log.read_text(errors="surrogateescape").splitlines():
        if match := LINE.match(line):
            arguments = match[2].split(" = ")[0]
            paths = tuple(_absolute(a or b) for a, b in PATHS.findall(arguments))
            found.append(Call(match[1], paths, line))
    return tuple(found)


def _absolute(text: str) -> str:
    """As the file system has it: strace writes bytes beyond ASCII in octal."""
    raw = re.sub(rb"\\([0-7]{1,3})", lambda m: bytes([int(m[1], 8)]), text.encode("utf-8", "surrogateescape"))
    return os.fsdecode(raw.replace(b'\\"', b'"'))


def points(calls: Iterable[Call]) -> list[tuple[str, int]]:
    """Each call of a clean run as its kind and the so-maniest of that kind."""
    counts: Counter[str] = Counter()
    found = []
    for call in calls:
        counts[call.name] += 1
        found.append((call.name, counts[call.name]))
    return found


def before(calls: Sequence[Call], place: int, kinds: Sequence[str] = TAKING) -> dict[str, int]:
    """Of each kind, the first call from a place in a clean run on: the disk is full from there."""
    counts = Counter(call.name for call in calls[:place])
    return {name: counts[name] + 1 for name in kinds if any(call.name == name for call in calls)}


def spread(everything: Sequence[Any], number: int, kind: Any = None) -> list[Any]:
    """So many of them, evenly, and of each kind at least the first."""
    number = min(number, len(everything))
    places = {i * len(everything) // number for i in range(number)}
    if kind:
        firsts = {kind(value): i for i, value in reversed(list(enumerate(everything)))}
        hit = {kind(everything[i]) for i in places}
        places |= {i for what, i in firsts.items() if what not in hit}
    return [everything[i] for i in sorted(places)]


def program(
    arguments: Sequence[str],
    folder: Path,
    fault: Fault | None = None,
    trace: Sequence[str] = (),
    environment: dict[str, str] | None = None,
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """A whole program of ours, with a fault in its first process, or with all its processes traced; and the log."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "program-calls"
    inherited = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(PROJECT / "src"), **(environment or {})}
    command = [sys.executable, *arguments]
    if without_strace():
        (folder / "sitecustomize.py").write_text(
            "from tests.safety.harness.wrapped import install_from_environment\ninstall_from_environment()\n"
            if fault
            else AUDIT
        )
        inherited["PYTHONPATH"] = os.pathsep.join(map(str, (folder, PROJECT / "src", PROJECT)))
        inherited |= {ENV: fault.to_json()} if fault else {"UNIPIC_AUDIT": str(log)}
    elif fault:
        command = ["strace", "-o", str(log), *injections(fault), *command]
    elif trace:
        command = [
            "strace",
            "-f",
            "--seccomp-bpf",
            "-y",
            "-s",
            "4096",
            "-o",
            str(log),
            "-e",
            TRACE + ",".join(trace),
            *command,
        ]
    done = subprocess.run(command, cwd=folder, env=inherited, capture_output=True, text=True, timeout=WAIT)
    return done, log


# Without strace: what each Python process of ours asks for, as Python's audit events tell it.
AUDIT = """
import os, sys
LOG = os.open(os.environ["UNIPIC_AUDIT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
NAMES = {"os.rename": "rename", "os.remove": "unlink", "os.link": "link", "os.symlink": "symlink", "os.mkdir": "mkdir",
         "os.rmdir": "rmdir", "os.truncate": "truncate", "os.chmod": "chmod", "os.chown": "chown", "os.utime": "utime",
         "os.setxattr": "setxattr", "os.removexattr": "removexattr"}
def audit(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        name, paths = "openat", args[:1]
    elif event in NAMES:
        name, paths = NAMES[event], args[:2]
    else:
        return
    texts = " ".join('"%s"' % os.fsdecode(p) for p in paths if isinstance(p, (str, bytes)))
    flags = " O_WRONLY" if name == "openat" else ""
    os.write(LOG, os.fsencode("%s(%s%s\\n" % (name, texts, flags)))
sys.addaudithook(audit)
"""
