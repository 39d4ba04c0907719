"""How many cores, bytes and decode processes: by the machine, and less by its container."""

from pathlib import Path

import pytest

from unipic.core import machine
from unipic.core.machine import cores, decode_processes, memory_bytes

GB = 1_000_000_000
PAGE = 4096


@pytest.fixture(autouse=True)
def eight_cores_and_64_gb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    whole = {"SC_PAGE_SIZE": PAGE, "SC_PHYS_PAGES": 64 * GB // PAGE}
    monkeypatch.setattr(machine.os, "sysconf", whole.__getitem__, raising=False)


def container(root: Path, cpu: str = "max 100000", memory: str = "max") -> Path:
    """The root of a system with these limits."""
    folder = root / "sys/fs/cgroup"
    folder.mkdir(parents=True)
    (folder / "cpu.max").write_text(cpu)
    (folder / "memory.max").write_text(memory)
    return root


@pytest.mark.parametrize(
    ("quota", "expected"), [("max", 8), ("50000", 1), ("100000", 1), ("190000", 1), ("200000", 2), ("1600000", 8)]
)
def test_cores_are_those_of_the_container_rounded_down(tmp_path: Path, quota: str, expected: int) -> None:
    assert cores(container(tmp_path, cpu=f"{quota} 100000")) == expected


@pytest.mark.parametrize(
    ("limit", "expected"), [("max", 64 * GB // PAGE * PAGE), (f"{2 * GB}", 2 * GB), (f"{99 * GB}", 64 * GB)]
)
def test_memory_is_that_of_the_container(tmp_path: Path, limit: str, expected: int) -> None:
    assert memory_bytes(container(tmp_path, memory=limit)) == expected


@pytest.mark.parametrize(
    ("limit", "expected"), [("max", 8), (f"{6 * GB}", 8), (f"{4 * GB}", 5), (f"{2 * GB}", 1), (f"{GB}", 1), ("100", 1)]
)
def test_decode_processes_fit_memory(tmp_path: Path, limit: str, expected: int) -> None:
    assert decode_processes(container(tmp_path, memory=limit)) == expected


def test_a_system_that_does_not_tell_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(machine.os, "sysconf")
    assert memory_bytes(tmp_path) == 0
    assert decode_processes(tmp_path) == 8
    assert memory_bytes(container(tmp_path, memory=f"{2 * GB}")) == 2 * GB


def test_a_system_without_affinity_and_control_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(machine.os, "sched_getaffinity")
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 3)
    assert cores(tmp_path) == 3
