"""The page that asks for the token, in a real browser: on a phone, in both schemes, by keyboard, without script."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import Server, start_server, stop_server
from tests.browser.test_axe import Inspector

from server.door import COOKIE

pytestmark = pytest.mark.browser

SECRET = "a token of 24 characters"
SHARE = """async (address) => {
  const form = new FormData();
  form.append("photos", new File(["a photo"], "IMG_1.jpg", { type: "image/jpeg" }));
  const answer = await fetch(address, { method: "POST", body: form });
  return [answer.redirected, new URL(answer.url).pathname];
}"""
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture(scope="module")
def locked(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("locked")
    started, process = start_server(data, STREAMLIT_SERVER_ADDRESS="0.0.0.0", UNIPIC_TOKEN=SECRET)
    yield started
    stop_server(process)


def is_in(page: Any) -> None:
    page.get_by_role("button", name="Choose photos", exact=True).wait_for(timeout=60_000)


def test_who_has_the_token_gets_in_by_keyboard_and_without_script(new_page, locked: Server) -> None:
    page = new_page(java_script_enabled=False, **PHONE)
    page.goto(f"{locked.url}/review?run=x")
    page.keyboard.type("a wrong token")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("alert").inner_text() == "That token is wrong."
    page.get_by_label("Token").fill(SECRET)
    page.get_by_role("button", name="Open Unipic").click()
    page.wait_for_url(f"{locked.url}/review?run=x")
    assert page.locator("noscript").count(), "the page of the screens, not that of the door"
    (cookie,) = [one for one in page.context.cookies() if one["name"] == COOKIE]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    assert len(cookie["value"]) > 40


def test_the_address_of_the_console_opens_everything_and_forgets_the_token(new_page, locked: Server) -> None:
    page = new_page()
    page.goto(f"{locked.url}/?token={SECRET}")
    is_in(page)
    assert page.url == f"{locked.url}/"
    assert SECRET not in page.content()
    assert page.evaluate("document.cookie").count(COOKIE) == 0, "scripts cannot read it"
    page.get_by_role("tab", name="Sample photos").click()
    page.get_by_role("button", name="Try it with sample photos").wait_for()


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.nightly)])
@pytest.mark.parametrize("size", [{}, PHONE], ids=["large", "small"])
def test_the_page_has_no_barriers(new_page, locked: Server, scheme: str, size: dict[str, Any]) -> None:
    page = new_page(color_scheme=scheme, bypass_csp=True, **size)  # axe is a script
    page.goto(f"{locked.url}/?token=wrong")
    inspector = Inspector(page)
    inspector.look("the door")
    assert inspector.found == [], "\n" + "\n".join(inspector.found)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for control in (page.get_by_label("Token"), page.get_by_role("button")):
        assert control.bounding_box()["height"] >= 44
    assert page.get_by_label("Token").get_attribute("autocomplete") == "current-password"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(23, 24, 26)" if scheme == "dark" else "rgb(251, 251, 250)"
    )


def test_it_has_what_an_installed_app_has_and_a_target_to_share_to(new_page, locked: Server) -> None:
    page: Any = new_page()
    page.goto(f"{locked.url}/?token={SECRET}")
    page.wait_for_selector('link[rel="manifest"]', state="attached", timeout=60_000)
    chromium = page.context.new_cdp_session(page)
    manifest = chromium.send("Page.getAppManifest")
    assert manifest["url"] == f"{locked.url}/unipic/app/manifest.json"
    assert manifest["errors"] == []
    understood = manifest["manifest"]
    assert understood["startUrl"] == f"{locked.url}/unipic/app/start"
    assert understood["shareTarget"]["action"] == f"{locked.url}/unipic/app/share"
    assert (understood["scope"], understood["display"]) == (f"{locked.url}/", "kStandalone")
    assert page.evaluate("navigator.serviceWorker.getRegistration('/unipic/app/').then((one) => one.scope)") == (
        f"{locked.url}/unipic/app/"
    )
    assert page.evaluate(SHARE, "/unipic/app/share") == [True, "/folders"]
    (kept,) = (locked.data / "inbox" / "Shared").iterdir()
    assert kept.read_bytes() == b"a photo"
    # Without the server the installed app begins with its own page, and nothing else was stored by its worker.
    page.goto(f"{locked.url}/unipic/app/offline.html")
    page.evaluate("navigator.serviceWorker.ready")
    page.context.set_offline(True)
    page.goto(f"{locked.url}/unipic/app/start")
    assert "Unipic cannot be reached" in page.inner_text("body")
    stored = "caches.keys().then((all) => Promise.all(all.map((one) => caches.open(one).then((c) => c.keys()))))"
    addresses = page.evaluate(f"{stored}.then((found) => found.flat().map((one) => one.url))")
    assert addresses == [f"{locked.url}/unipic/app/offline.html"]


@pytest.mark.nightly
@pytest.mark.skipif(
    not shutil.which("chromium"), reason="the headless shell cannot tell, and Chromium is not installed"
)
def test_chromium_finds_nothing_that_keeps_it_from_being_installed(
    browser: Any, locked: Server, tmp_path: Path
) -> None:
    context = browser.browser_type.launch_persistent_context(
        tmp_path,  # in a private window nothing can be installed
        executable_path=shutil.which("chromium"),
        headless=False,
        args=["--headless=new", "--no-sandbox"],
    )
    page = context.new_page()
    errors = context.new_cdp_session(page)
    page.goto(f"{locked.url}/unipic/app/offline.html?token={SECRET}")
    (error,) = errors.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert error["errorId"] == "no-manifest", "this page alone has none"
    page.goto(locked.url)
    page.wait_for_selector('link[rel="manifest"]', state="attached", timeout=60_000)
    assert errors.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    context.close()
