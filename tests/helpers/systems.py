"""What a test needs of the system it runs on, as marks that skip it elsewhere and say why."""

import os
import sys

import pytest

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX's signals and process groups")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: /proc, or limits on a process's memory")
