"""What the server does by itself: it deletes runs that nobody uses, and looks for new photos in the library."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.concurrency import run_in_threadpool

from server.operator import keeping_times
from server.runs import Run
from server.state import server
from server.upkeep import refresh, take_in, take_up
from unipic.core.language import gettext as _
from unipic.core.words import count, duration

INBOX_INTERVAL_S = 20.0  # seconds between two looks for what phones sent
SWEEP_EVERY = 30  # looks


def kept_for() -> str:
    """When a run is deleted, in words, with the operator's times."""
    keep, keep_fetched = map(_span, keeping_times())
    return _("{soon} after you download the result, or after {idle} without activity", soon=keep_fetched, idle=keep)


def _span(seconds: float) -> str:
    for length, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= length and seconds % length == 0:
            return count(int(seconds // length), unit)
    return duration(seconds)


@asynccontextmanager
async def sweeping(keep: float, keep_fetched: float) -> AsyncIterator[None]:
    """Delete expired runs, and refresh the library, for as long as the server runs."""
    await run_in_threadpool(server().runs.tidy, time.time())  # before anything arrives
    task = asyncio.create_task(_sweep(keep, keep_fetched))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _sweep(keep: float, keep_fetched: float) -> None:
    await run_in_threadpool(take_up)
    for look in itertools.count():
        if look % SWEEP_EVERY == 0:
            await run_in_threadpool(server().runs.sweep, keep, keep_fetched)
            await run_in_threadpool(refresh)
        await run_in_threadpool(take_in)
        await asyncio.sleep(INBOX_INTERVAL_S)


def was_fetched(run: Run, file: str) -> None:
    """Note that a finished album was downloaded completely. Saved progress does not count."""
    state = run.load()
    if state.finished and file == state.album_file:
        run.change(fetched=time.time())
