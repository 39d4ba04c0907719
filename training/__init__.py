"""How Unipic's own weights were made, to be made again: `python -m training --help` says how."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
