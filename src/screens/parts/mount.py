"""How Streamlit mounts a component whose modules the server hands out at /unipic/, see server/routes.py."""

import json
from pathlib import Path

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
