"""How much of each safety test a run does: enough for every change, and more at night (UNIPIC_NIGHTLY=1)."""

from __future__ import annotations

import os

NIGHTLY = os.environ.get("UNIPIC_NIGHTLY") == "1"


def amount(pr: int, nightly: int) -> int:
    return nightly if NIGHTLY else pr
