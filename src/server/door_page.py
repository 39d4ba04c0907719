"""Pages outside of the web app, for the token and for guests: no script, light and dark, fit for a phone."""

import base64
import hashlib
from html import escape

from starlette.responses import HTMLResponse

from unipic.core.language import gettext as _, language

GUESTS = "/unipic/guest/"  # with a link's token behind it: the pages of guests
GUEST = "unipic-guest"  # their cookie

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; padding: 10vh 1rem 2rem;
  background: light-dark(#fbfbfa, #17181a); color: light-dark(#23262a, #e9e8e5); }
main { max-width: 24rem; margin: 0 auto; }
h1 { font-size: 1.6rem; margin: 0 0 0.5rem; }
label { display: block; font-weight: 600; margin: 1.5rem 0 0.4rem; }
label.tick { display: flex; gap: 0.6rem; align-items: center; min-height: 44px; font-weight: 400; }
input, button, a.button { box-sizing: border-box; width: 100%; min-height: 44px; font: inherit; border-radius: 0.6rem; }
input[type="checkbox"] { width: 1.4rem; min-height: 1.4rem; flex: none; accent-color: #1f6f78; }
input[type="file"] { padding: 0.5rem 0.8rem; min-height: 0; }
input { padding: 0 0.8rem; border: 1px solid light-dark(#767672, #8b8f94); background: light-dark(#fff, #222427);
  color: inherit; }
button, a.button { display: block; margin-top: 1rem; border: 0; background: #1f6f78; color: #fff; font-weight: 600;
  line-height: 44px; text-align: center; text-decoration: none; cursor: pointer; }
:focus-visible { outline: 3px solid light-dark(#1f6f78, #6cc0c8); outline-offset: 2px; }
.wrong { margin: 1.5rem 0 0; padding: 0.7rem 0.9rem; border-radius: 0.6rem; border: 1px solid currentcolor;
  color: light-dark(#9c2a1c, #ffb4a6); }
.photos { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 0.5rem; margin: 1.5rem 0;
  padding: 0; list-style: none; }
.photos img { display: block; width: 100%; height: 9rem; object-fit: cover; border-radius: 0.4rem; }
main:has(.photos) { max-width: 60rem; }
.hint { color: light-dark(#5a5e63, #b4b6b8); font-size: 0.95rem; }
"""

# A form without an action posts to its own page, which is where the person wanted to go.
TOKEN_FORM = """<p>{ask}</p>
{wrong}
<form method="post">
<label for="token">{token}</label>
<input id="token" name="token" type="password" autocomplete="current-password" autocapitalize="none"
 spellcheck="false" required autofocus aria-describedby="where">
<button type="submit">{open}</button>
</form>
<p class="hint" id="where">{where}</p>"""

LEAVE = """<p>{why}</p>
<form method="post" action="{leave}"><button type="submit">{button}</button></form>"""

PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<h1>{heading}</h1>
{body}
</main>
</body>
</html>
"""

_ALLOWED = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_ALLOWED}'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    # With no-referrer the browser would send no Origin for the form.
    "Referrer-Policy": "same-origin",
}


def door_page(wrong: str, status: int) -> HTMLResponse:
    """The page that asks for the token; `wrong`: an error message, "" for none."""
    body = TOKEN_FORM.format(
        ask=escape(_("Enter the token of this server to continue.")),
        wrong=alert(wrong),
        token=escape(_("Token")),
        open=escape(_("Open Unipic")),
        where=escape(_("The token is printed when the server starts (see its log).")),
    )
    return page(_("Unipic: token"), "Unipic", body, status)


def leave_page() -> HTMLResponse:
    """The page that a guest's browser gets in place of the app: how to be no guest."""
    why = _("This browser came by a guest link, which shows the photos of one event only.")
    body = LEAVE.format(why=escape(why), leave=f"{GUESTS}leave", button=escape(_("Leave as a guest")))
    return page("Unipic", "Unipic", body, 403)


def page(title: str, heading: str, body: str, status: int = 200) -> HTMLResponse:
    """A page without scripts; `body` is HTML, the rest is text."""
    html = PAGE.format(language=language(), title=escape(title), style=STYLE, heading=escape(heading), body=body)
    return HTMLResponse(html, status, headers={**HEADERS, "Cache-Control": "private, no-store"})


def alert(words: str) -> str:
    """An error message as HTML; "" for none."""
    return f'<p class="wrong" role="alert">{escape(words)}</p>' if words else ""
