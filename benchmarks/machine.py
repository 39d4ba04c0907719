"""Which machine a figure was measured on."""

import platform
from importlib.metadata import version
from pathlib import Path

from unipic.core.machine import cores


def machine() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor() or platform.machine()
    libraries = ", ".join(f"{name} {version(name)}" for name in ("pillow", "numpy", "torch"))
    return f"{model}, {cores()} cores, {platform.system()}, Python {platform.python_version()}, {libraries}"
