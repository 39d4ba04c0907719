"""How long runs are kept: until a while after their album was fetched, or until nobody touched them for days."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.concurrency import run_in_threadpool

from screens.tools import server
from unipic.errors import SettingsError
from unipic.runs import Run

EVERY = 600.0  # seconds between two looks
KEEP_DAYS, KEEP_FETCHED_HOURS = 7.0, 1.0


@asynccontextmanager
async def sweeping(app: Any) -> AsyncIterator[None]:
    """Deletes what is past its time, from the server's start to its end."""
    keep = 86400 * _number("UNIPIC_KEEP_DAYS", KEEP_DAYS)
    keep_fetched = 3600 * _number("UNIPIC_KEEP_FETCHED_HOURS", KEEP_FETCHED_HOURS)
    task = asyncio.create_task(_sweep(keep, keep_fetched))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _sweep(keep: float, keep_fetched: float) -> None:
    while True:
        await run_in_threadpool(server().runs.sweep, keep, keep_fetched)
        await asyncio.sleep(EVERY)


def was_fetched(run: Run, file: str) -> None:
    """A finished album went out whole: its run may go. What was only saved in between keeps the run."""
    if run.load().finished and file == run.load().album_file:
        run.change(fetched=time.time())


def _number(name: str, default: float) -> float:
    value = os.environ.get(name) or str(default)
    try:
        return float(value)
    except ValueError:
        raise SettingsError(f"{name} is a number, not {value!r}") from None
