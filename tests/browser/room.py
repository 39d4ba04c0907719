"""The review screen on runs of the sample photos: made once, copied for each test, and what it shows and asks."""

from __future__ import annotations

import atexit
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.browser.conftest import PROJECT

from server.runs import Run, Runs

TIMEOUT_MS = 10_000  # milliseconds


@lru_cache(maxsize=1)
def _samples() -> Path:
    """A run over the sample photos whose work is done."""
    data = Path(tempfile.mkdtemp(prefix="unipic-samples-"))
    atexit.register(shutil.rmtree, data, ignore_errors=True)
    run = Runs(data / "runs").new("samples")
    command = [sys.executable, str(PROJECT / "src" / "main.py"), "work", str(run.folder)]
    subprocess.run(command, check=True, env={**os.environ, "UNIPIC_DATA": str(data)}, timeout=300)
    assert run.load().state == "ready", run.load().message
    return run.folder


def sample_run(runs: Path) -> Run:
    """A run nobody has touched, with bursts, copies, and files that cannot be read."""
    run = Run(runs / secrets.token_hex(16))
    shutil.copytree(_samples(), run.folder)
    return run


class Room:
    """One visitor before one run."""

    def __init__(self, page: Any, url: str, run: Run) -> None:
        self.page, self.url, self.run = page, url, run
        self.address = f"{url}/review?run={run.token}"
        self.root = page.locator(".darkroom")

    def open(self) -> Room:
        self.page.goto(self.address)
        self.root.locator(".bar").wait_for(timeout=30_000)
        return self

    def start(self) -> Room:
        """Into the first open group."""
        self.root.locator("button.start").click()
        self.at(1)
        return self

    def at(self, place: int) -> None:
        """Until the group of this number is on the screen."""
        self.root.locator(".where strong", has_text=f"Group {place} of").wait_for(timeout=TIMEOUT_MS)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def close(self) -> None:
        """Out of a dialog; keys count again once it is gone."""
        self.press("Escape")
        self.root.locator("dialog").wait_for(state="detached", timeout=TIMEOUT_MS)

    def saved(self, patience: int = TIMEOUT_MS) -> None:
        """Until the server has answered everything that was done."""
        self.root.locator(".saving", has_text=re.compile("^Saved$")).wait_for(state="attached", timeout=patience)

    @property
    def shown(self) -> str:
        """The group whose picture is on the screen, once it is."""
        return str(
            self.root.evaluate("""async (root) => {
                const frame = () => new Promise(requestAnimationFrame);
                const waits = () => root.querySelector(".stage .none")?.textContent === "Loading…";
                const drawn = () => root.dataset.shown && !waits();
                for (let tries = 0; tries < 600 && !drawn(); tries += 1) await frame();
                await frame();
                await frame();
                return root.dataset.shown ?? "";
            }""")
        )

    @property
    def book(self) -> dict[str, Any]:
        """What the server says, asked beside the browser."""
        with urllib.request.urlopen(f"{self.url}/unipic/review/{self.run.token}", timeout=10) as answer:
            return json.load(answer)

    def kept(self) -> list[bool]:
        """Of the photos of the group on the screen: does it stay."""
        states = self.root.locator(".strip .state")
        return states.evaluate_all("all => all.map(one => one.getAttribute('aria-pressed') === 'true')")

    def focused(self) -> str:
        """The element that has the focus, also inside the component, in a few words."""
        return str(
            self.page.evaluate("""() => {
                let at = document.activeElement;
                while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
                const words = at.getAttribute("aria-label") ?? at.textContent.trim();
                return `${at.tagName.toLowerCase()} ${words}`.slice(0, 80);
            }""")
        )
