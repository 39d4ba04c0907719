"""The catalogues of texts, and the messages that the sources hold for them.

`python -m unipic.locale` brings the catalogues up to date.
"""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from unipic.core.language import KEPT
from unipic.core.words import counted


class Message(NamedTuple):
    """What a catalogue translates."""

    text: str | tuple[str, str]  # or the form for one and the form for many
    context: str = ""


MARKS = ("_", "gettext", "gettext_noop", "N_")
MODELS = "models/manifest.toml"  # beside the folder of sources
STRING = r'"(?:[^"\\\n]|\\.)*"'
TEXT = rf"{STRING}(?:\s*\+\s*{STRING})*"
IN_SCRIPTS = re.compile(
    rf"\b_\(\s*({TEXT})\s*[,)]"
    rf"|\bngettext\(\s*({TEXT})\s*,\s*({TEXT})\s*,"
    rf"|\bcount\((?:[^()\"]|\([^()]*\))*,\s*({STRING})(?:,\s*({STRING}))?\s*\)"
)


def messages(sources: Path) -> set[Message]:
    """The messages of all Python and JavaScript files in a folder, and of the models."""
    models = tomllib.loads((sources.parent / MODELS).read_text(encoding="utf-8"))["model"]
    found = {Message(model[name]) for model in models for name in ("label", "use")}
    for path in chain(sources.rglob("*.py"), sources.rglob("*.js")):
        read = of_python if path.suffix == ".py" else of_script
        found.update(read(path.read_text(encoding="utf-8")))
    return found


def of_script(source: str) -> Iterator[Message]:
    """What JavaScript gives to _(), ngettext() and count(). Strings have double quotes, and may be added up."""
    for text, one, many, noun, nouns in IN_SCRIPTS.findall(source):
        if noun:
            yield Message(counted(_joined(noun), _joined(nouns)))
        else:
            yield Message(_joined(text) if text else (_joined(one), _joined(many)))


def of_python(source: str) -> Iterator[Message]:
    """What Python gives to gettext(), kept() and their like, the nouns of count(), and the docstrings of commands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from _of_call(node.func.id, node.args)
        if isinstance(node, ast.FunctionDef) and any(map(_shows_docstring, node.decorator_list)):
            yield Message(ast.get_docstring(node) or "")


def _of_call(name: str, arguments: list[ast.expr]) -> Iterator[Message]:
    texts = [list(_literals(argument)) for argument in arguments]
    if name in MARKS:
        yield from map(Message, chain(*texts[:1]))
    elif name == KEPT:
        yield from (Message(text, KEPT) for text in chain(*texts[:1]))
    elif name == "ngettext":
        yield from map(Message, zip(*texts[:2], strict=True))
    elif name == "count":
        yield from (Message(counted(*nouns)) for nouns in zip(*texts[1:3], strict=True))
    elif name == "Step":  # what is counted, of which progress tells the number
        yield from (Message(counted(noun)) for noun in chain(*texts[3:4]))


def _literals(node: ast.expr) -> Iterator[str]:
    """The text of a literal, or the texts that a condition chooses from."""
    if isinstance(node, ast.IfExp):
        yield from chain(_literals(node.body), _literals(node.orelse))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _shows_docstring(decorator: ast.expr) -> bool:
    written = ast.unparse(decorator)
    return bool(re.search(r"\.(command|callback)\(", written)) and "hidden=True" not in written


def _joined(literals: str) -> str:
    return "".join(json.loads(literal) for literal in re.findall(STRING, literals))
