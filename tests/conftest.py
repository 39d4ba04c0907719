"""What holds for all tests: no network, and the browser last."""

from __future__ import annotations

import os

import pytest

# Nobody's test run downloads weights; tests of fetching use a server of their own and say so.
os.environ["UNIPIC_OFFLINE"] = "1"
# Nor does every screen that is drawn load models in a process of its own; tests of that say so.
os.environ["UNIPIC_SPARE"] = "0"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Playwright keeps an event loop in this thread until its browser closes; others need it free."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
