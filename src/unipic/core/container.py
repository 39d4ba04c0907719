"""Limits that a container sets through Linux's control groups, versions 1 and 2. Elsewhere there are none."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path("/")
UNLIMITED = 1 << 60  # version 1 writes "no limit" as a number near 2^63


def cpu_quota(root: Path = ROOT) -> float | None:
    """Processor time as a number of cores, 1.5 for one and a half; None without a limit.

    The tightest of this process's group and all groups around it.
    """
    pairs = [
        _numbers(folder / "cpu.max") or _numbers(folder / "cpu.cfs_quota_us") + _numbers(folder / "cpu.cfs_period_us")
        for folder in _groups(root, "cpu")
    ]
    return min((pair[0] / pair[1] for pair in pairs if len(pair) == 2), default=None)


def memory_limit(root: Path = ROOT) -> int | None:
    """Bytes of memory; None without a limit. The tightest of this process's group and all groups around it."""
    names = ("memory.max", "memory.limit_in_bytes")
    limits = [_numbers(folder / name) for folder in _groups(root, "memory") for name in names]
    return min((limit[0] for limit in limits if len(limit) == 1), default=None)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Folders that may hold this process's limits.

    A container may see the name that its group has outside, which does not exist inside; its own group is then the
    top folder, which always counts.
    """
    paths = {"": "/", controller: "/"}  # by the folder below sys/fs/cgroup: version 2 has one for all controllers
    for line in _text(root / "proc/self/cgroup").splitlines():
        names, colon, path = line.partition(":")[2].partition(":")
        if colon and (not names or controller in names.split(",")):
            paths |= {names: path, controller if names else "": path}
    for folder, path in paths.items():
        group = root / "sys/fs/cgroup" / folder
        yield group
        for part in PurePosixPath(path.lstrip("/")).parts:
            group /= part
            yield group


def _numbers(path: Path) -> list[int]:
    """The numbers of a file; none if it is missing, says that there is no limit, or is not understood."""
    try:
        numbers = [int(word) for word in _text(path).split()]
    except ValueError:
        return []
    return numbers if all(0 < number < UNLIMITED for number in numbers) else []


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
