"""How much of a test every run does, and how much a nightly run (UNIPIC_NIGHTLY=1).

Tests marked `nightly` run at night only; tests/conftest.py leaves them out.
"""

import os

NIGHTLY = os.environ.get("UNIPIC_NIGHTLY") == "1"


def amount(pr: int, nightly: int) -> int:
    """`nightly` in a nightly run, and `pr` in any other."""
    return nightly if NIGHTLY else pr
