"""Modules of the screens' JavaScript in real Chromium, without the app."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PARTS = Path(__file__).resolve().parents[2] / "src" / "screens" / "parts"
SITE = "http://scripts.test"  # never asked for: every address there is answered here


@contextmanager
def scripts(browser: Any, folder: str, modules: tuple[str, ...], before: str) -> Iterator[Callable[..., Any]]:
    """Runs the body of a function that may use the modules of a folder of parts/ by their names, after `before`."""
    page = browser.new_page()

    def answer(route: Any) -> None:
        file = PARTS / route.request.url.removeprefix(f"{SITE}/")
        if file.suffix == ".js":
            route.fulfill(body=file.read_text(encoding="utf-8"), content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>scripts</title>", content_type="text/html")

    page.route(f"{SITE}/**", answer)
    page.goto(f"{SITE}/")
    loaded = "\n".join(f"const {name} = await import('/{folder}/{name}.js');" for name in modules)
    yield lambda code, given=None: page.evaluate(f"async (given) => {{ {loaded} {before} {code} }}", given)
    page.close()
