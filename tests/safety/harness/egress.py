"""Who a program talks to: by what Python was asked for, and by what the kernel was asked for.

Python's audit events catch every connection and name look-up that goes through it, in each process that is started.
strace, where it is there, catches what libraries in C do as well. In a network namespace of its own, where that is
allowed, there is nothing to reach but the machine itself.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# In every Python that is started: a line for each event. Its own file is opened before anything is asked for.
WATCH = r"""
import os, sys
def _watch():
    log = os.open(os.environ["UNIPIC_EGRESS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    asked = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.sendto",
             "socket.sendmsg", "urllib.Request")
    def told(event, arguments):
        if event in asked:
            values = [a for a in arguments if isinstance(a, (str, bytes, int, tuple))]
            os.write(log, f"{event}\t{values!r}\n".encode("utf-8", "backslashreplace"))
    sys.addaudithook(told)
_watch()
"""
LOOPBACK = "import fcntl, socket, struct\n" + (
    "with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:\n"
    "    fcntl.ioctl(s, 0x8914, struct.pack('16sh14x', b'lo', 0x1 | 0x40))"  # SIOCSIFFLAGS: up and running
)
HOME = re.compile(r"127\.\d+\.\d+\.\d+|::1|::ffff:127\.|localhost")


@dataclass(frozen=True)
class Talk:
    code: int
    output: str
    asked: tuple[str, ...]  # of Python, about anything but this machine
    called: tuple[str, ...]  # of the kernel, the same
    ways: tuple[str, ...]  # how it was watched


@cache
def namespace() -> tuple[str, ...]:
    """The command that gives a network namespace of its own; nothing where none is allowed."""
    for command in (("unshare", "-rn"), ("unshare", "-n")):
        if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            return command
    return ()


@cache
def tracer() -> tuple[str, ...]:
    """strace, of calls of the network alone; nothing where it is missing or may not."""
    command = ("strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg,sendmmsg")
    found = shutil.which("strace") and subprocess.run([*command, "-o", os.devnull, "true"], capture_output=True)
    return command if found and found.returncode == 0 else ()


def listen_to(command: Sequence[str], folder: Path, **environment: str) -> Talk:
    """Run a command, and tell whom it asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    asked, called = folder / "asked", folder / "called"
    traced = [*tracer(), "-o", str(called)] if tracer() else []
    inner = [*traced, *command]
    if namespace():
        start = f"{LOOPBACK}; import os, sys; os.execvp(sys.argv[1], sys.argv[1:])".replace("; ", "\n")
        inner = [*namespace(), sys.executable, "-S", "-c", start, *inner]
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH", ""))))
    done = subprocess.run(
        inner,
        env={**os.environ, **environment, "PYTHONPATH": path, "UNIPIC_EGRESS": str(asked)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    ways = ("audit events", *(("strace",) if traced else ()), *(("a network namespace",) if namespace() else ()))
    return Talk(done.returncode, done.stdout, tuple(_asked(asked)), tuple(_called(called)), ways)


def _asked(log: Path) -> list[str]:
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [line for line in lines if _elsewhere(line)]


def _elsewhere(line: str) -> bool:
    """Local sockets have a path; sending without an address goes where a connection goes already."""
    _, _, values = line.partition("\t")
    local = re.fullmatch(r"\[(b?['\"](/|\\\\?x00|\\0).*|b?'')\]", values)
    return values not in ("[]", "[None]") and not local and not HOME.search(values)


def _called(log: Path) -> list[str]:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    found = []
    for line in lines:
        if "AF_INET" in line:
            addresses = re.findall(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"', line)
            if not addresses or not all(HOME.match("".join(pair)) for pair in addresses):
                found.append(line)
    return found
