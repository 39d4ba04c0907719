"""How long work tells its door where it is. The door may raise Cancelled from the callback to stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FETCHING = "Fetching"  # how a stage begins that counts bytes and may be skipped


@dataclass(frozen=True)
class Step:
    stage: str  # "Reading photos"
    done: int
    total: int  # 0: not known


Progress = Callable[[Step], None]


def silent(step: Step) -> None:
    """For callers that do not care."""
