"""One move at a time over the same photos."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from unipic.core.errors import DestinationError
from unipic.core.language import gettext as _
from unipic.core.locks import lock, lock_folder

LOCK = "set-aside.lock"  # in the data folder


@contextmanager
def alone(roots: Sequence[Path], data: Path | None) -> Iterator[None]:
    """Nobody else moves photos in these folders, in folders inside them or around them. DestinationError if one does.

    The folders themselves are locked and nothing is written into them, so this holds between any two data folders of
    one machine, under any name of a folder. Where the file system or the system (Windows) cannot lock folders, as over
    a network, it holds only between those that share the data folder.
    """
    with ExitStack() as stack:
        try:
            with _if_there_are_locks():
                if data:
                    data.mkdir(parents=True, exist_ok=True)
                    lock(stack.enter_context(open(data / LOCK, "ab")), wait=False)
            for folder, shared in _in_order(roots):
                with _if_there_are_locks():
                    stack.enter_context(lock_folder(folder, shared))
        except BlockingIOError:
            raise DestinationError(
                _("Another move of photos in these folders is at work. Nothing was moved; try again when it is done.")
            ) from None
        yield


@contextmanager
def _if_there_are_locks() -> Iterator[None]:
    """Go on without a lock where there are none, or a folder may not be opened; BlockingIOError is passed on."""
    try:
        yield
    except BlockingIOError:
        raise
    except OSError:
        pass


def _in_order(roots: Sequence[Path]) -> list[tuple[Path, bool]]:
    """Each folder once, outermost first, and whether its lock is shared: roots are one's own, those above are not."""
    found: dict[tuple[int, int], tuple[Path, bool]] = {}
    inner = [root for root in roots if not any(other in root.parents for other in roots)]
    above = dict.fromkeys(folder for root in inner for folder in root.parents)
    for folder, shared in [*((one, True) for one in above), *((one, False) for one in inner)]:
        with suppress(OSError):
            status = os.stat(folder)
            found[status.st_dev, status.st_ino] = folder, shared
    return sorted(found.values(), key=lambda one: (len(one[0].parts), one[0]))


@contextmanager
def alone_in_folder(folder: Path) -> Iterator[None]:
    """Nobody else writes into this folder. DestinationError if somebody does."""
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_folder(folder, shared=False))
        except BlockingIOError:
            raise DestinationError(
                _("Another Unipic is writing into {folder}. Wait until it is done.", folder=folder)
            ) from None
        except OSError:
            pass  # no locks here
        yield
