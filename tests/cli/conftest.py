"""The command line decodes in this process: to start workers takes longer than most tests, and they have tests."""

import pytest

from unipic.reading.engines.inline import InlineEngine


@pytest.fixture(autouse=True)
def decoding_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unipic.tools.LocalEngine", lambda *_: InlineEngine())
