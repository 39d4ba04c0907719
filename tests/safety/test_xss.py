"""Names that are programs: in real Chromium none of them runs, asks for anything, or becomes a form or a frame.

Names are text by themselves, so the browser is told to ignore the content policy; the policy is a second wall, and is
tried on its own.
"""

import ast
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
from tests.browser.conftest import BROWSERS, PROJECT, Server
from tests.browser.room import Room
from tests.helpers.desks import evidence
from tests.helpers.filmed import walk, write_film
from tests.helpers.libraries import read_in, taken
from tests.helpers.people import face, put
from tests.safety.harness.amounts import amount
from tests.safety.harness.ledger import record
from tests.safety.harness.servers import finished_run, pictures, serving

from server.runs import Run, Runs
from unipic.core.photo import FILM, Gallery, Unreadable
from unipic.library.library import Library
from unipic.people.people import open_people

pytestmark = pytest.mark.browser

# CANARY is the address of a server that nobody may ask; PWN a statement that leaves a trace.
PAYLOADS = (
    "<script>PWN</script>",
    "<img src=x onerror=PWN>",
    "<img src=CANARY/img>",
    "![x](CANARY/markdown)",
    "[x](javascript:PWN)",
    "<svg onload=PWN>",
    "<iframe src=CANARY/frame></iframe>",
    "<form action=CANARY/form><input name=a><button>Go</button></form>",
    '"><script src=CANARY/s.js></script>',
    "<style>@import url(CANARY/css);</style>",
    "'onmouseover='PWN' autofocus onfocus='PWN' x='",
    '" onmouseover="PWN" autofocus onfocus="PWN" x="',
    "<iframe srcdoc='<script>parent.PWN</script>'>",
    "<object data=CANARY/object>",
    "<embed src=CANARY/embed>",
    "<base href=CANARY/>",
    "<meta http-equiv=refresh content='0;url=CANARY/meta'>",
    "<link rel=stylesheet href=CANARY/link.css>",
    "<video src=CANARY/video autoplay onloadstart=PWN>",
    "<audio src=x onerror=PWN>",
    "<details open ontoggle=PWN>",
    "<body onload=PWN>",
    "<input autofocus onfocus=PWN>",
    "<marquee onstart=PWN>",
    "<math><mtext><table><mglyph><style><img src=x onerror=PWN>",
    "<a href=javascript:PWN>x</a>",
    "</style><script>PWN</script>",
    "</title><script>PWN</script>",
    "</script><script>PWN</script>",
    "<template><script>PWN</script></template>",
    "--><img src=x onerror=PWN>",
    "]]><img src=x onerror=PWN>",
    "javascript:PWN",
    "data:text/html,<script>PWN</script>",
    "$\\href{javascript:PWN}{x}$",
    "$$\\htmlData{x=1}{\\includegraphics{CANARY/katex}}$$",
    "[x]: CANARY/reference\n\n[x]",
    "<CANARY/autolink> CANARY/bare www.CANARY",
    "{{constructor.constructor('PWN')()}} ${PWN} #{PWN} `PWN`",
    "&lt;img src=x onerror=PWN&gt; &#60;script&#62;PWN&#60;/script&#62; \\u003cscript\\u003ePWN\\u003c/script\\u003e",
)
NUMBER = amount(pr=4, nightly=40)

# What of a page came out of a name: elements with a trace of it where it acts, and frames and forms of any kind.
WALK = """(marks) => {
    const found = [];
    const acts = /^(on.*|href|src|srcset|srcdoc|action|formaction|data|poster|style|content|xlink:href|background)$/i;
    const walk = (root) => {
        for (const one of root.querySelectorAll("*")) {
            const tag = one.tagName.toLowerCase();
            // Of the list of groups, of tags and albums, of pages to print and guest links, and Vega's empty one.
            const own = ["form.fields[role=search]", ".gallery form", "form.sheet", "form.vega-bindings:empty"];
            const ours = own.some((form) => one.matches(`${form}:not([action])`));
            if (["iframe", "form", "object", "embed", "base", "marquee", "frame"].includes(tag) && !ours)
                found.push(`<${tag}>`);
            for (const { name, value } of one.attributes)
                if (acts.test(name) && marks.some((mark) => value.includes(mark)))
                    found.push(`<${tag} ${name}> ${value.slice(0, 200)}`);
            if (["script", "style"].includes(tag) && marks.some((mark) => one.textContent.includes(mark)))
                found.push(`<${tag}>`);
            if (one.shadowRoot) walk(one.shadowRoot);
        }
    };
    walk(document);
    if (window.__pwned) found.push("a script ran");
    return found;
}"""


class Canary(BaseHTTPRequestHandler):
    heard: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.heard.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.end_headers()
        self.wfile.write(b"window.__pwned = 1")

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def canary() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Canary)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def payloads(canary: str) -> list[str]:
    return [text.replace("CANARY", canary).replace("PWN", "window.__pwned=1") for text in PAYLOADS[:NUMBER]]


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory, payloads: list[str]) -> list[Path]:
    """Folders that are called like that."""
    made = [tmp_path_factory.mktemp("roots") / text.replace("/", "\\").replace(":", "") for text in payloads]
    for root in made:
        root.mkdir()
    return made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, roots: list[Path]) -> Iterator[Server]:
    """Its operator opened them."""
    values = {"UNIPIC_ROOTS": ":".join(map(str, roots)), "UNIPIC_OUT": str(roots[0]), "UNIPIC_OFFLINE": "1"}
    with serving(tmp_path_factory.mktemp("xss"), **values) as started:
        yield started


@dataclass
class Browser:
    """Chromium, and what happened in it that should not have."""

    page: Any
    server: Server
    marks: list[str]
    found: list[str] = field(default_factory=list)
    looks: int = 0

    @property
    def url(self) -> str:
        return self.server.url

    def listen(self) -> None:
        self.page.on("dialog", lambda dialog: (self.found.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("popup", lambda page: self.found.append(f"popup {page.url}"))
        self.page.on("request", lambda request: self.heard(request.url))

    def heard(self, url: str) -> None:
        if not url.startswith((self.url, self.url.replace("http", "ws", 1), "data:", "blob:")):
            self.found.append(f"request {url}")

    def look(self, where: str) -> None:
        self.looks += 1
        self.found += [f"{where}: {what}" for what in self.page.evaluate(WALK, self.marks)]

    def settled(self) -> None:
        """Until the screen is drawn."""
        self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=60_000)


def in_chromium(server: Server, canary: str, visit: Callable[[Browser], None], bypass_csp: bool) -> Browser:
    """In a thread of its own: another module's browser may be running in this one."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser here; looked for {', '.join(BROWSERS)}")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

    def drive() -> Browser:
        with playwright.sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = chromium.new_context(bypass_csp=bypass_csp).new_page()
            browser = Browser(page, server, [canary, "__pwned"])
            browser.listen()
            visit(browser)
            chromium.close()
            return browser

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(drive).result()


def hostile_run(server: Server, payloads: list[str]) -> Run:
    """Each payload is a file's name, its folder's, its camera, its program, its exposure, and the fault of one."""
    plain = pictures(server.data / "photos", [str(number) for number in range(len(payloads))])
    photos = []
    for number, text in enumerate(payloads):
        for one in plain[2 * number : 2 * number + 2]:
            name = f"{text}/{text.replace('/', chr(92))}{one.id}.jpg"
            photos.append(replace(one, name=name, camera=text, edited=text, exposure=text, note=text))
    broken = tuple(Unreadable(f"u{n}", f"{text}.jpg", "/nowhere", text) for n, text in enumerate(payloads))
    found = evidence(photos, {})
    found = replace(found, gallery=Gallery(found.gallery.photos, broken), notices=tuple(payloads), encoder=payloads[0])
    return finished_run(server.data, photos, found)


def test_no_name_does_anything_on_any_screen(server: Server, canary: str, payloads: list[str]) -> None:
    run = hostile_run(server, payloads)

    def visit(browser: Browser) -> None:
        review(browser, run, payloads)
        finish(browser, run, payloads)
        adding(browser, payloads)
        failed(browser, payloads)
        addresses(browser, payloads)

    browser = in_chromium(server, canary, visit, bypass_csp=True)
    found = [*browser.found, *(f"request {path}" for path in Canary.heard)]
    Canary.heard.clear()
    note = f"{browser.looks} looks at every screen, the content policy switched off"
    record("T17", "names that are programs", len(payloads), found=len(found), note=note)
    assert sorted(set(found)) == [], "\n".join(sorted(set(found)))
    assert browser.looks > 8 * len(payloads)


def review(browser: Browser, run: Run, payloads: list[str]) -> None:
    room = Room(browser.page, browser.url, run).open()
    rows = room.root.locator(".rows .open")
    rows.first.wait_for()
    assert rows.count() == len(payloads)
    browser.look("all groups")
    for number in range(len(payloads)):
        rows.nth(number).click()
        room.at(number + 1)
        assert room.shown
        browser.look("a group")
        room.press("c")
        browser.page.get_by_role("dialog", name="Compare photos").wait_for()
        browser.look("photos side by side")
        room.close()
        room.press("2")
        room.saved()
        browser.look("a photo that was ticked, and what can be undone")
        room.press("g")
        rows.first.wait_for()
    for popover in ("Rules", "Sensitivity", "What was found", "not read"):
        browser.page.get_by_role("button", name=popover).first.click()
        browser.page.get_by_test_id("stPopoverBody").wait_for()
        browser.look(popover)
        room.press("Escape")
        browser.page.get_by_test_id("stPopoverBody").wait_for(state="hidden")


def finish(browser: Browser, run: Run, payloads: list[str]) -> None:
    for text in payloads:
        run.change(album=text)
        browser.page.goto(f"{browser.url}/finish?run={run.token}")
        album = browser.page.get_by_label("Name of the album")
        album.wait_for(timeout=60_000)
        browser.look("the album's name as it was")
        album.fill(text[:79] + "!")
        album.press("Enter")
        browser.settled()
        browser.look("the album's name as it is entered")
    browser.page.goto(f"{browser.url}/statistics")
    browser.page.get_by_role("heading", name="Statistics").wait_for()
    browser.settled()
    browser.look("statistics")


def adding(browser: Browser, payloads: list[str]) -> None:
    page = browser.page
    refusals = iter(payloads)
    page.route("**/unipic/upload/**", lambda route: route.fulfill(status=415, json={"message": next(refusals)}))
    page.goto(f"{browser.url}/add")
    page.get_by_role("button", name="Choose photos", exact=True).wait_for(timeout=60_000)
    files = [{"name": f"{text}.jpg", "mimeType": "image/jpeg", "buffer": b"x"} for text in payloads]
    page.locator("input.files").set_input_files(files)
    page.locator(".failed-sum", has_text=f"{len(payloads)} photo").wait_for()
    browser.look("uploads that were refused")
    page.unroute("**/unipic/upload/**")
    page.goto(f"{browser.url}/add")
    page.get_by_role("button", name="Choose photos", exact=True).wait_for(timeout=60_000)
    browser.settled()
    page.get_by_role("tab", name="Folder on the server").click()
    rows = page.get_by_role("checkbox", name="Choose")
    rows.first.wait_for()
    browser.look("folders on the server")
    for number in range(len(payloads)):
        page.get_by_test_id("stTabs").get_by_test_id("stBaseButton-tertiary").nth(number).click()
        page.get_by_role("button", name="All folders").wait_for()
        browser.settled()
        browser.look("an open folder")
        page.get_by_role("button", name="All folders").click()
        page.get_by_role("button", name="All folders").wait_for(state="hidden")
        browser.settled()


def failed(browser: Browser, payloads: list[str]) -> None:
    run = Runs(browser.server.runs).new("upload")
    for text in payloads:
        run.change(state="failed", message=text)
        browser.page.goto(f"{browser.url}/review?run={run.token}")
        browser.page.get_by_role("heading", name="Scan failed").wait_for(timeout=60_000)
        browser.settled()
        browser.look("work that failed")


def addresses(browser: Browser, payloads: list[str]) -> None:
    for text in payloads:
        for address in (f"/review?run={quote(text, safe='')}", f"/{quote(text, safe='')}?{quote(text, safe='')}=1"):
            if browser.page.goto(
                browser.url + address
            ).ok:  # Streamlit refuses some: those with two slashes or backslashes
                browser.settled()
            browser.look("an address")


@pytest.mark.nightly
def test_no_name_does_anything_in_the_library(
    server: Server, canary: str, roots: list[Path], payloads: list[str]
) -> None:
    """Each payload is a photo's name, its folder's, its event's, its tag, its album, its note and who is in it."""
    library = Library(server.data)
    for number, root in enumerate(roots):
        taken(number, root / f"{root.name}.jpg", f"{1990 + number}-07-14 10:00:00")
        read_in(library, root)
    for photo, text in zip(library.photos(library.listing().ids), payloads, strict=True):
        library.marks.tag([photo.digest], text)
        library.marks.album([photo.digest], text)
        library.marks.note([photo.digest], text)
    write_film(roots[0] / f"{roots[1].name}.mp4", walk(1, 0.5))
    read_in(library, roots[0])
    named(library, payloads)
    shutil.rmtree(roots[-1])  # one cannot be reached, which is said with its name

    def visit(browser: Browser) -> None:
        for page in ("", "folders"):
            browser.page.goto(f"{browser.url}/{page}")
            browser.page.get_by_text("cannot be reached").first.wait_for(timeout=60_000)
            browser.settled()
            browser.look(page or "home")
        shelf(browser, payloads)
        people_and_events(browser)

    browser = in_chromium(server, canary, visit, bypass_csp=True)
    found = [*browser.found, *(f"request {path}" for path in Canary.heard)]
    Canary.heard.clear()
    record("T17", "names that are programs", len(payloads), found=len(found), note="in the library")
    assert sorted(set(found)) == [], "\n".join(sorted(set(found)))
    assert browser.looks > len(payloads)


def named(library: Library, payloads: list[str]) -> None:
    """Each payload is the name of the person in a photo."""
    photos = [one for one in library.photos(library.listing().ids) if one.format != FILM]
    put(library, [replace(face(n, n), digest=photo.digest) for n, photo in enumerate(photos)])
    people = open_people(library)
    people.group()
    for photo, text in zip(photos, payloads, strict=True):
        some = next(one for one in people.everybody.values() if one.faces[0].digest == photo.digest)
        people.name(some.id, text)


def people_and_events(browser: Browser) -> None:
    page = browser.page
    page.goto(f"{browser.url}/people")
    page.locator(".people .face.there").first.wait_for(timeout=60_000)
    browser.look("people")
    page.locator(".people .card .open").first.click()
    page.locator(".people .faces button").first.wait_for()
    browser.look("one person")
    page.goto(f"{browser.url}/events")
    page.locator(".events h1").wait_for(timeout=60_000)
    page.locator(".events details").evaluate_all("all => all.forEach((one) => (one.open = true))")
    browser.look("events")
    page.locator(".events [data-event]").first.click()
    page.locator(".events .shot").first.wait_for()
    page.get_by_role("button", name="Guest link").click()
    browser.look("one event")
    page.goto(f"{browser.url}/videos")
    page.get_by_role("heading", name="Videos").wait_for(timeout=60_000)
    browser.settled()
    browser.look("videos")


def shelf(browser: Browser, payloads: list[str]) -> None:
    page = browser.page
    page.goto(f"{browser.url}/photos")
    photos = page.locator(".gallery .cell.there")
    photos.first.wait_for(timeout=60_000)
    browser.look("photos")
    page.keyboard.press("Enter")
    large = page.locator(".gallery dialog.large")
    large.wait_for()
    page.keyboard.press("i")
    page.keyboard.press("e")
    for _ in payloads:
        large.get_by_text("Resolution").wait_for()
        large.locator(".face-box").first.wait_for()
        browser.look("one photo with what is known and said of it")
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    large.wait_for(state="hidden")
    page.keyboard.press("Control+a")
    for key in ("t", "a", "n"):
        page.keyboard.press(key)
        dialog = page.locator(".gallery dialog[open]")
        dialog.wait_for()
        browser.look("what is asked of many photos")
        page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")


# The second wall.


def test_the_policy_stops_what_would_get_through(server: Server, canary: str) -> None:
    """Markup put into the page itself, as if nothing had been escaped."""

    def visit(browser: Browser) -> None:
        browser.page.goto(f"{browser.url}/add")
        browser.page.get_by_role("button", name="Choose photos", exact=True).wait_for(timeout=60_000)
        texts = [text.replace("CANARY", canary).replace("PWN", "window.__pwned=1") for text in PAYLOADS]
        insert = """(texts) => {
            for (const text of texts) {
                const place = document.body.appendChild(document.createElement("div"));
                place.innerHTML = text;
                for (const script of place.querySelectorAll("script")) {
                    const again = document.createElement("script");
                    again.textContent = script.textContent;
                    if (script.src) again.src = script.src;
                    place.append(again);
                }
                for (const form of place.querySelectorAll("form")) form.submit();
                for (const link of place.querySelectorAll("a")) link.click();
            }
        }"""
        calm = [text for text in texts if "http-equiv" not in text]  # no policy forbids a page to lead elsewhere
        browser.page.evaluate(insert, calm)
        browser.page.wait_for_load_state("networkidle")
        assert browser.page.url == f"{browser.url}/add"
        browser.found = ["a script ran"] if browser.page.evaluate("window.__pwned") else []

    browser = in_chromium(server, canary, visit, bypass_csp=False)
    heard = list(Canary.heard)
    Canary.heard.clear()
    assert browser.found == []
    assert heard == []


def test_the_walk_finds_what_it_looks_for(server: Server, canary: str) -> None:
    """Without the policy the same markup does what it says, and is seen to."""

    def visit(browser: Browser) -> None:
        browser.page.goto(f"{browser.url}/add")
        browser.page.get_by_role("button", name="Choose photos", exact=True).wait_for(timeout=60_000)
        text = f"<img src={canary}/img onerror='window.__pwned=1'><form></form>"
        browser.page.evaluate("text => { document.body.insertAdjacentHTML('beforeend', text) }", text)
        browser.page.wait_for_function("() => window.__pwned")
        browser.look("here")

    browser = in_chromium(server, canary, visit, bypass_csp=True)
    assert Canary.heard == ["/img"]
    Canary.heard.clear()
    seen = " ".join(browser.found)
    assert all(what in seen for what in ("here: <img src>", "<img onerror>", "<form>", "a script ran", "request"))


# What is written as HTML.

SOURCES = sorted((PROJECT / "src").rglob("*.py"))
MARKUP = ("html", "iframe", "write_stream")


def html_of_data(tree: ast.AST) -> Iterator[int]:
    """Lines where something but a literal, or a constant of the module, is shown as HTML."""
    literals = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        allows = any(word.arg == "unsafe_allow_html" and not is_false(word.value) for word in node.keywords)
        shows = ast.unparse(node.func) in {f"st.{name}" for name in MARKUP}
        if allows or shows:
            given = node.args[0] if node.args else None
            if not (isinstance(given, ast.Constant) or (isinstance(given, ast.Name) and given.id in literals)):
                yield node.lineno


def is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def test_no_data_is_shown_as_html() -> None:
    trees = {str(path.relative_to(PROJECT)): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert [f"{name}:{line}" for name, tree in trees.items() for line in html_of_data(tree)] == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("st.markdown(name, unsafe_allow_html=True)", [1]),
        ("st.markdown(f'<b>{name}', unsafe_allow_html=True)", [1]),
        ("st.markdown('<b>' + name, unsafe_allow_html=flag)", [1]),
        ("st.html(name)", [1]),
        ("st.markdown('<b>x</b>', unsafe_allow_html=True)", []),
        ("A = '<b>'\nst.html(A)", []),
        ("st.markdown(name)", []),
        ("st.markdown(name, unsafe_allow_html=False)", []),
    ],
)
def test_html_of_data_is_recognised(source: str, lines: list[int]) -> None:
    assert list(html_of_data(ast.parse(source))) == lines


SCRIPTS = sorted((PROJECT / "src").rglob("*.js"))


WAYS = (
    "innerHTML",
    "insertAdjacentHTML",
    "outerHTML",
    "document.write",
    "eval(",
    "new Function",
    "srcdoc",
    "setHTMLUnsafe",
)


def test_no_script_of_ours_turns_text_into_markup() -> None:
    assert SCRIPTS
    texts = {str(path.relative_to(PROJECT)): path.read_text(encoding="utf-8") for path in SCRIPTS}
    assert [f"{name}: {way}" for name, text in texts.items() for way in WAYS if way in text] == []
