"""How Streamlit mounts a component whose modules the server hands out at /unipic/, see server/routes.py."""

import json
from collections.abc import Iterable
from pathlib import Path

SCRIPT = Path(__file__).with_name("mount.js").read_text(encoding="utf-8")


def script(folder: str, room: str, told: str) -> str:
    """The component's JavaScript: `room` is the class that main.js in `folder` exports, `told` its trigger's name."""
    names = {"MODULE": f"/unipic/{folder}/main.js", "ROOM": room, "TOLD": told}
    return "".join(f"const {name} = {json.dumps(value)};\n" for name, value in names.items()) + SCRIPT


def styles(paths: Iterable[Path]) -> str:
    """The style sheets, one after the other."""
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def rerun() -> None:
    """The callback of a component's trigger: Streamlit hands over only values that have one."""
