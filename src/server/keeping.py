"""How long runs are kept: until a while after their album was fetched, or until nobody touched them for days."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.concurrency import run_in_threadpool

from server.runs import Run
from server.state import server

EVERY = 600.0  # seconds between two looks


@asynccontextmanager
async def sweeping(keep: float, keep_fetched: float) -> AsyncIterator[None]:
    """Deletes what is past its time, from the server's start to its end."""
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
