"""What holds for all tests: no network, nightly tests at night only, and the browser last."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from tests.safety.harness.amounts import NIGHTLY

# Nobody's test run downloads weights; tests of fetching use a server of their own and say so.
os.environ["UNIPIC_OFFLINE"] = "1"
os.environ["UNIPIC_LANGUAGE"] = "en"  # texts are compared in English, whatever the machine speaks
# Nor does every screen that is drawn load models in a process of its own; tests of that say so.
os.environ["UNIPIC_SPARE"] = "0"
# How long an example takes by the clock says how busy the machine is.
settings.register_profile("unipic", deadline=None)
settings.load_profile("unipic")


# What whole folders are: kills, full disks and hostile files; screens, as Streamlit draws them.
MARKS = {Path(__file__).parent / "safety": "slow", Path(__file__).parent / "screens": "server"}
# What takes longest of the files that drive a browser, from the slowest on; the others take seconds.
LONGEST = ("test_whole_way", "test_axe", "test_xss", "test_review_keys", "test_killed", "test_uploader")


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Gives a folder that the first worker to ask for it fills, for all of them; nobody writes into it afterwards."""
    import fcntl  # not on Windows

    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def folder(name: str, fill: Callable[[Path], object]) -> Path:
        with open(shared / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (shared / f"{name}.done").exists():
                fill(shared / name)
                (shared / f"{name}.done").touch()
        return shared / name

    return folder


@pytest.fixture(scope="session")
def sample_photos(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """What *Sample photos* gives: to paint them takes seconds."""
    from unipic.sources.samples import make_samples

    return made_once("sample-photos", make_samples)


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False  # pytest-xdist would start the files of few tests, the slow ones, last


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by markers
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for folder in MARKS.keys() & {*item.path.parents}:
            item.add_marker(MARKS[folder])
    if not NIGHTLY and "nightly" not in config.option.markexpr:
        _leave_out(config, [item for item in items if item.get_closest_marker("nightly")], items)
    items.sort(key=_turn)


def _leave_out(config: pytest.Config, unwanted: list[pytest.Item], items: list[pytest.Item]) -> None:
    config.hook.pytest_deselected(items=unwanted)
    items[:] = [item for item in items if item not in unwanted]


def _turn(item: pytest.Item) -> tuple[bool, int]:
    """The browser last: Playwright keeps an event loop in this thread until its browser closes; others need it free.

    Before it, and of it, what takes long comes first, so that in the end no worker waits for a long file of another.
    """
    if item.get_closest_marker("browser"):
        name = item.path.stem
        return True, LONGEST.index(name) if name in LONGEST else len(LONGEST)
    return False, not (item.get_closest_marker("slow") or item.get_closest_marker("server"))
