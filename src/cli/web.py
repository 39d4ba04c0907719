"""`web`: serve the web app."""

from typing import Annotated

import typer

from cli.app import app
from unipic.core.language import gettext as _
from unipic.core.settings import APP


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def web(
    context: typer.Context, port: Annotated[int | None, typer.Option("--port", help=_("Default: 8501."))] = None
) -> None:
    """Serve the web app on this computer. Other options go to Streamlit, as --server.address."""
    from streamlit.web.cli import main as streamlit

    ports = ["--server.port", str(port)] if port else []
    streamlit(["run", str(APP / "app.py"), *ports, *context.args])
