"""How Streamlit mounts a component whose modules the server hands out at /unipic/, see server/routes.py."""

import json
from pathlib import Path
from typing import Any

import streamlit as st

PARTS = Path(__file__).parent


def text(name: str) -> str:
    """A file by its path below the folder of components."""
    return (PARTS / name).read_text(encoding="utf-8")


def script(folder: str, room: str, told: str) -> str:
    """The component's JavaScript: `room` is the class that main.js in `folder` exports, `told` its trigger's name."""
    names = {"MODULE": f"/unipic/{folder}/main.js", "ROOM": room, "TOLD": told}
    return "".join(f"const {name} = {json.dumps(value)};\n" for name, value in names.items()) + text("mount.js")


def styles(*names: str) -> str:
    """The sheet that all components share, then these, by their paths below the folder of components."""
    return "\n".join(text(f"{name}.css") for name in ("base", *names))


def rerun() -> None:
    """The callback of a component's trigger: Streamlit hands over only values that have one."""


def page_of(folder: str, room: str) -> Any:
    """The component of a page about the library, whose room tells by `go` where the person goes on."""
    return st.components.v2.component(
        f"unipic_{folder}",
        html=f'<div class="unipic darkroom {folder}"></div>',
        css=styles("darkroom/darkroom", "events/sheet", f"{folder}/{folder}"),
        js=script(folder, room, "go"),
    )


def show(component: Any, key: str) -> None:
    """Mount a page_of(); go on to the photos, or to the export of some, once the person wants to."""
    gone = component(key=key, data={"token": key}, on_go_change=rerun).get("go")
    if isinstance(gone, dict) and gone.get("run"):
        st.switch_page("export.py", query_params={"run": str(gone["run"])})
    if isinstance(gone, dict) and gone.get("photos"):
        st.switch_page("photos.py")
