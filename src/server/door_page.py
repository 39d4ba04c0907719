"""The page that asks for the token: no script, light and dark, fits a phone."""

import base64
import hashlib
from html import escape

from starlette.responses import HTMLResponse

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; padding: 10vh 1rem 2rem;
  background: light-dark(#fbfbfa, #17181a); color: light-dark(#23262a, #e9e8e5); }
main { max-width: 24rem; margin: 0 auto; }
h1 { font-size: 1.6rem; margin: 0 0 0.5rem; }
label { display: block; font-weight: 600; margin: 1.5rem 0 0.4rem; }
input, button { box-sizing: border-box; width: 100%; min-height: 44px; font: inherit; border-radius: 0.6rem; }
input { padding: 0 0.8rem; border: 1px solid light-dark(#767672, #8b8f94); background: light-dark(#fff, #222427);
  color: inherit; }
button { margin-top: 1rem; border: 0; background: #1f6f78; color: #fff; font-weight: 600; cursor: pointer; }
:focus-visible { outline: 3px solid light-dark(#1f6f78, #6cc0c8); outline-offset: 2px; }
.wrong { margin: 1.5rem 0 0; padding: 0.7rem 0.9rem; border-radius: 0.6rem; border: 1px solid currentcolor;
  color: light-dark(#9c2a1c, #ffb4a6); }
.hint { color: light-dark(#5a5e63, #b4b6b8); font-size: 0.95rem; }
"""

# A form without an action posts to its own page, which is where the person wanted to go.
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Unipic: token</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<h1>Unipic</h1>
<p>Enter the token of this server to continue.</p>
{wrong}
<form method="post">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" autocapitalize="none"
 spellcheck="false" required autofocus aria-describedby="where">
<button type="submit">Open Unipic</button>
</form>
<p class="hint" id="where">The token is printed when the server starts (see its log).</p>
</main>
</body>
</html>
"""

_ALLOWED = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_ALLOWED}'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    # With no-referrer the browser would send no Origin for the form.
    "Referrer-Policy": "same-origin",
}


def door_page(wrong: str, status: int) -> HTMLResponse:
    """The page; `wrong`: an error message, "" for none."""
    said = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    return HTMLResponse(PAGE.format(style=STYLE, wrong=said), status, headers=HEADERS)
