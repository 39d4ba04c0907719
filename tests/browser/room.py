"""The review screen before one run: what it shows and asks."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

from server.runs import Run

TIMEOUT_MS = 10_000  # milliseconds
LIKE_A_BUTTON = "button, summary, select, input:not([type=checkbox]):not([type=hidden]), label, [role=button]"


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

    def swipe(self, by: int, down: int = 0, rest: int = 0) -> None:
        """A finger across the large photo, as the browser itself sees it, that may rest (ms) before it is lifted."""
        box = self.root.locator(".stage").bounding_box()
        x, y = box["x"] + box["width"] / 2 - by / 2, box["y"] + box["height"] / 2 - down / 2
        session = self.page.context.new_cdp_session(self.page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            told = [{"x": across, "y": below} for across, below in points]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

        touch("touchStart", (x, y))
        for part in range(1, 9):
            touch("touchMove", (x + by * part / 8, y + down * part / 8))
        if rest:
            self.page.wait_for_timeout(rest)
        touch("touchEnd")
        session.detach()

    def photo(self, place: int, of: int) -> None:
        """Until the photo of this number is large."""
        self.root.locator(".path strong", has_text=f"{place} of {of}").wait_for(timeout=TIMEOUT_MS)

    def small_targets(self) -> list[str]:
        """What a finger could miss: less than 44 pixels high or wide. A label counts with what it is for."""
        return list(
            self.root.evaluate(
                """(root, what) => [...root.querySelectorAll(what)].flatMap((one) => {
                    const { width, height } = (one.closest("label") ?? one).getBoundingClientRect();
                    if (!width || !height || one.disabled || (one.tagName === "LABEL" && !one.querySelector("input")))
                        return [];
                    const words = (one.getAttribute("aria-label") ?? one.textContent.trim()).slice(0, 40);
                    const small = Math.round(Math.min(width, height) * 10) / 10 < 44;
                    return small ? [`${one.tagName}.${one.className} ${words}: ${width} x ${height}`] : [];
                })""",
                LIKE_A_BUTTON,
            )
        )
