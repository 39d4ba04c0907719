"""Speed, memory and quality, measured: `python -m benchmarks --help` lists what there is."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
