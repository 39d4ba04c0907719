"""Limits of containers: version 2 and 1 of control groups, nested, missing, and broken."""

from pathlib import Path

import pytest

from unipic.core.container import cpu_quota, memory_limit

GB = 1_000_000_000
NONE_V1 = "9223372036854771712"  # what version 1 says where there is no limit


def system(root: Path, files: dict[str, str]) -> Path:
    """A system's root with these files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("latin-1"))
    return root


def groups(**files: str) -> dict[str, str]:
    """Files in the top group of version 2: cpu_max is cpu.max."""
    return {f"sys/fs/cgroup/{name.replace('_', '.')}": text for name, text in files.items()}


@pytest.mark.parametrize(
    ("files", "cpu", "memory"),
    [
        pytest.param({}, None, None, id="nothing there"),
        pytest.param(groups(cpu_max="150000 100000\n", memory_max=f"{2 * GB}\n"), 1.5, 2 * GB, id="version 2"),
        pytest.param(groups(cpu_max="max 100000\n", memory_max="max\n"), None, None, id="version 2 without limits"),
        pytest.param(
            {
                "proc/self/cgroup": "0::/pod/app\n",
                "sys/fs/cgroup/pod/app/cpu.max": "400000 100000",
                "sys/fs/cgroup/pod/cpu.max": "200000 100000",
                "sys/fs/cgroup/pod/app/memory.max": f"{GB}",
                "sys/fs/cgroup/pod/memory.max": f"{3 * GB}",
                "sys/fs/cgroup/pod/other/memory.max": "1000",
            },
            2.0,
            GB,
            id="the tightest of nested groups, and no other group's",
        ),
        pytest.param(
            {"proc/self/cgroup": f"0::/docker/{'a' * 64}\n", **groups(cpu_max="50000 100000", memory_max=f"{GB}")},
            0.5,
            GB,
            id="a name from outside of the container",
        ),
        pytest.param(
            {
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "250000",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{4 * GB}",
            },
            2.5,
            4 * GB,
            id="version 1",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "4:memory:/a/b\n3:cpu,cpuacct:/a\n0::/\n",
                "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "300000",
                "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": NONE_V1,
                "sys/fs/cgroup/memory/a/memory.limit_in_bytes": f"{2 * GB}",
                "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": NONE_V1,
            },
            3.0,
            2 * GB,
            id="version 1, nested",
        ),
        pytest.param(
            {
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": NONE_V1,
            },
            None,
            None,
            id="version 1 without limits",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "no colon\n::\n\xff\xfe:memory\n0::/../../x\n",
                **groups(cpu_max="100000 0", memory_max="\xff\x00 lots"),
            },
            None,
            None,
            id="garbage",
        ),
        pytest.param(groups(cpu_max="-5 100000", memory_max="1 2 3"), None, None, id="numbers that are no limit"),
        pytest.param(groups(cpu_max="", memory_max=""), None, None, id="empty files"),
    ],
)
def test_the_tightest_limit_counts(
    tmp_path: Path, files: dict[str, str], cpu: float | None, memory: int | None
) -> None:
    root = system(tmp_path, files)
    assert cpu_quota(root) == cpu
    assert memory_limit(root) == memory


def test_folders_in_place_of_files_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "sys/fs/cgroup/cpu.max").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").mkdir(parents=True)
    assert cpu_quota(tmp_path) is None
