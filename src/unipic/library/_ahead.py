"""Read ahead: a thread fetches the next items while the consumer is busy with the present one."""

from collections.abc import Generator, Iterable
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

POLL_S = 0.1  # seconds between checks whether the consumer is gone
JOIN_TIMEOUT_S = 1.0  # seconds to wait for the thread's present item; a photo may take longer


def ahead(items: Iterable[T], most: int) -> Generator[T, None, None]:
    """The same items and errors in the same order; a thread takes up to `most` of them in advance."""
    taken: Queue[tuple[T | None, BaseException | None, bool]] = Queue(most)
    unwanted = Event()

    def put(item: T | None, error: BaseException | None, last: bool) -> None:
        while not unwanted.is_set():
            with suppress(Full):
                taken.put((item, error, last), timeout=POLL_S)
                return

    def take() -> None:
        try:
            for item in items:
                put(item, None, False)
                if unwanted.is_set():
                    return
            put(None, None, True)
        except BaseException as error:
            put(None, error, True)
        finally:
            if isinstance(items, Generator):
                items.close()

    thread = Thread(target=take, name="unipic-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error, last = taken.get()
            if error:
                raise error
            if last:
                return
            yield item  # type: ignore[misc]  # only the last one is none
    finally:
        unwanted.set()
        with suppress(Empty):  # make room, so a waiting thread notices at once
            taken.get_nowait()
        thread.join(JOIN_TIMEOUT_S)  # the thread ends by itself after its present item
