"""The web app in other languages: no text is left out, none overflows, and everybody finds their language."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.dates import get_day_names, get_month_names
from tests.browser.conftest import PROJECT, Server, start_server, stop_server
from tests.browser.test_axe import STILL
from tests.helpers.libraries import read_in, taken

from server.runs import Run
from unipic.core.language import LANGUAGES
from unipic.library.library import Library

pytestmark = pytest.mark.browser

MARKED = "eo"  # a language that Babel and browsers know, and Unipic does not
# Run by Python before all else: a language whose texts are the English ones between marks, if a catalogue has them.
SITE = f"""
import gettext
from functools import cached_property
import unipic.core.language as texts

class Marked(gettext.NullTranslations):
    @cached_property
    def known(self):
        from unipic.locale import messages
        return set(messages(texts.FOLDER.parent.parent))
    @cached_property
    def _catalog(self):
        kept = (text for text, context in self.known if context == texts.KEPT)
        return {{f"{{texts.KEPT}}\\x04{{text}}": f"⟦{{text}}⟧" for text in kept}}
    def gettext(self, message):
        return f"⟦{{message}}⟧" if (message, "") in self.known else message
    def ngettext(self, one, many, number):
        text = one if number == 1 else many
        return f"⟦{{text}}⟧" if ((one, many), "") in self.known else text
    def pgettext(self, context, message):
        return f"⟦{{message}}⟧" if (message, context) in self.known else message

marked = Marked()
catalogue = texts.catalogue
texts.LANGUAGES["{MARKED}"] = "Marked"
texts.catalogue = lambda code: marked if code == "{MARKED}" else catalogue(code)
"""
# What is shown, as lines, and what is said in attributes; also inside of components.
SHOWN = """() => {
  const [lines, attributes] = [[], []];
  const none = "script, style, noscript, svg, code, pre, kbd, .languages, [data-testid=stToolbarActions]," +
    "[role=grid], canvas, [role=img], [data-testid*=Icon]";
  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return lines.push(node.textContent);
    if (node.nodeType === Node.ELEMENT_NODE) {
      const { display, visibility } = getComputedStyle(node); // a component's own element has no box
      if (node.matches(none) || display === "none" || visibility === "hidden") return;
      for (const name of ["aria-label", "title", "placeholder", "alt", "aria-valuetext"])
        if (node.getAttribute(name)) attributes.push(node.getAttribute(name));
      if (!getComputedStyle(node).display.startsWith("inline")) lines.push("\\n");
    }
    for (const child of (node.shadowRoot ?? node).childNodes) visit(child);
    if (node.nodeType === Node.ELEMENT_NODE && !getComputedStyle(node).display.startsWith("inline")) lines.push("\\n");
  };
  visit(document.body);
  return [lines.join(""), ...attributes];
}"""
UNFOLD = """() => document.querySelectorAll('[data-testid="stExpander"] details:not([open]) > summary')
    .forEach((folded) => folded.click())"""
MONTHS = [
    name
    for code in (MARKED, "en")
    for names in (get_month_names, get_day_names)
    for name in names(locale=code).values()
]
STREAMLIT = (  # its own words, which cannot be changed
    *(
        "Fullscreen",
        "Skip to main content",
        "Choose an option",
        "Choose options",
        "Help for",
        "Link to heading",
        "Open",
        "Show data",
        "Copy Vega-Lite spec",
        "Download as PNG",
    ),
    *("Decrement", "Increment", "No options to select", "Show password", "Logo", "App pages", "Navigate to home page"),
)
PROMPT = "a sharp, well-exposed, well-composed photo"  # CLIP reads English
DATA = re.compile(
    r"\S+( \(\d+\))?\.(?i:jpe?g|png|heic|tiff?|webp|gif|mp4|txt|cr2|dng|xmp|avif|zip)\b"  # names of files
    r"|\b(kB|MB|GB|bytes|min|px|GPS|UTC)\b|\d+\s?[hs]\b"
    r"|\b(Unipic|Immich|Made up|JPEG|PNG|WebP|RAW|HDR|CLIP|PDF|ZIP|XMP|ISO|MIT|GIF|TIFF|HEIF|HEIC|AVIF|Apache-\S+)\b"
    r"|\S*/\S*|\w+ icon$"  # folders, addresses, and pictures beside words
    r"|\b(Camera|Garden|Lisbon|Sahara|Lake|Cappadocia|Brittany|Beijing|NIKON.*|Enter)\b"  # of the sample photos; a key
    rf"|^({'|'.join(map(re.escape, [*STREAMLIT, PROMPT]))})$"
    rf"|\b({'|'.join(map(re.escape, MONTHS))})\b"
)


def unmarked(texts: list[str]) -> set[str]:
    """Lines with words that are no data and were in no catalogue."""
    found = set[str]()
    for text in texts:
        while text != (text := re.sub(r"⟦[^⟦⟧]*⟧", "", text)):
            pass
        found |= {line.strip() for line in text.split("\n") if re.search(r"[^\W\d_]{2,}", DATA.sub("", line.strip()))}
    return found


def test_what_has_no_mark_is_found() -> None:
    assert unmarked(["⟦{n} of ⟦4 photos⟧⟧ 12 MB\nGo on", "IMG_1.jpg"]) == {"Go on"}


def a_library(data: Path, photos: Path) -> None:
    for day, number in {"2024-05-04": 6, "2022-08-13": 4}.items():
        for n in range(number):
            taken(n, photos / day[:4] / f"{day}-{n:02}.jpg", f"{day} 10:00:{n:02}", 96, 64)
    read_in(Library(data), photos)


@pytest.fixture(scope="module")
def served(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a library, that also speaks the marked language."""
    data, photos, site = (tmp_path_factory.mktemp(name) for name in ("data", "photos", "site"))
    (site / "sitecustomize.py").write_text(SITE, encoding="utf-8")
    a_library(data, photos)
    path = os.pathsep.join([str(site), str(PROJECT / "src")])
    started, process = start_server(data, UNIPIC_ROOTS=str(photos), UNIPIC_OUT=str(site), PYTHONPATH=path)
    yield started
    stop_server(process)


class Visitor:
    """Somebody who goes through all screens, and what is done in each."""

    def __init__(self, page: Any, server: Server, run: Run, code: str, look: Callable[[str], None]) -> None:
        self.page, self.url, self.run, self.look = page, server.url, run, look
        page.set_default_timeout(20_000)
        page.context.add_cookies([{"name": "unipic-language", "value": code, "url": server.url}])

    def walk(self) -> None:
        for name in ("", "add", "people", "events", "videos", "folders", "statistics", "models", "more"):
            self.open(name)
            self.unfold()
            self.look(f"/{name}")
        self.photos()
        self.review()
        self.open(f"finish?run={self.run.token}")
        self.unfold()
        self.look("/finish")

    def open(self, name: str) -> None:
        self.page.goto(f"{self.url}/{name}")
        self.page.locator("h1, .gallery, .darkroom").first.wait_for(state="attached")
        self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate(STILL)

    def unfold(self) -> None:
        """Open what is folded, and look into what hangs above the page."""
        self.page.evaluate(UNFOLD)
        self.page.wait_for_load_state("networkidle")
        for popover in self.page.locator('[data-testid="stPopover"] button').all():
            if popover.is_visible():
                popover.click()
                self.page.wait_for_timeout(300)
                self.look("a popover")
                self.page.keyboard.press("Escape")
        self.page.evaluate(STILL)

    def keys(self, where: str, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(300)
            self.page.evaluate(STILL)
            self.look(f"{where}: {key}")

    def photos(self) -> None:
        self.open("photos")
        self.page.locator(".gallery .cell.there").first.wait_for()
        self.look("/photos")
        self.keys("/photos", "?", "Escape", "Space", "t", "Escape", "Escape")
        self.page.locator(".gallery .cell.there").first.click()
        self.page.locator("dialog.large").wait_for()
        self.keys("a photo", "i", "?", "Escape", "Escape")

    def review(self) -> None:
        self.open(f"review?run={self.run.token}")
        room = self.page.locator(".darkroom")
        room.locator(".bar").wait_for()
        self.look("/review")
        self.unfold()
        self.keys("/review", "?", "Escape")
        room.locator("button.sure-ones").click()
        self.page.evaluate(STILL)
        self.look("accept many")
        self.page.keyboard.press("Escape")
        room.locator("button.start").click()
        room.locator(".stage img.large").wait_for()
        self.keys("a group", "c", "i", "Escape", "e", "Escape", "x")


@pytest.mark.nightly
def test_no_text_is_left_out(new_page: Any, served: Server, sample_run: Callable[[Path], Run]) -> None:
    page, found, marked = new_page(), dict[str, str](), set[str]()

    def look(where: str) -> None:
        texts = page.evaluate(SHOWN)
        marked.update(re.findall(r"⟦[^⟦⟧]*⟧", "".join(texts)))
        for text in unmarked(texts):
            found.setdefault(text, where)

    Visitor(page, served, sample_run(served.runs), MARKED, look).walk()
    assert not found, "\n".join(f"{where}: {text}" for text, where in found.items())
    assert len(marked) > 200, "the way through the screens is shorter than it was"


@pytest.mark.nightly
@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_no_text_overflows(new_page: Any, served: Server, sample_run: Callable[[Path], Run], code: str) -> None:
    """On a phone no page is wider than the window."""
    page = new_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    wide = list[str]()

    def look(where: str) -> None:
        width = page.evaluate("() => document.documentElement.scrollWidth")
        if width > 390:
            wide.append(f"{where}: {width} px")

    Visitor(page, served, sample_run(served.runs), code, look).walk()
    assert not wide


def test_everybody_finds_their_language(page: Any, server: Server, quiet: Callable[[], None]) -> None:
    """By the browser at first; by the links at the end of a page, which lead back to it, from then on."""
    page.goto(f"{server.url}/add")
    page.locator('html[lang="en"]').wait_for(state="attached")
    link = page.get_by_role("link", name="Français")
    link.click()
    page.locator('html[lang="fr"]').wait_for(state="attached")
    assert page.url == f"{server.url}/add"
    assert page.get_by_role("link", name="Français").get_attribute("aria-current") == "true"
    quiet()
