"""What holds for all tests: no network, nightly tests at night only, and the browser last."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings
from tests.safety.harness.amounts import NIGHTLY

# Nobody's test run downloads weights; tests of fetching use a server of their own and say so.
os.environ["UNIPIC_OFFLINE"] = "1"
# Nor does every screen that is drawn load models in a process of its own; tests of that say so.
os.environ["UNIPIC_SPARE"] = "0"
# How long an example takes by the clock says how busy the machine is.
settings.register_profile("unipic", deadline=None)
settings.load_profile("unipic")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not NIGHTLY and "nightly" not in config.option.markexpr:
        _leave_out(config, [item for item in items if item.get_closest_marker("nightly")], items)
    _browser_last(items)


def _leave_out(config: pytest.Config, unwanted: list[pytest.Item], items: list[pytest.Item]) -> None:
    config.hook.pytest_deselected(items=unwanted)
    items[:] = [item for item in items if item not in unwanted]


def _browser_last(items: list[pytest.Item]) -> None:
    """Playwright keeps an event loop in this thread until its browser closes; others need it free."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
