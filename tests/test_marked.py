"""No text that the command line or the core shows stands in the code without its mark for the catalogues."""

import ast
import re
from collections.abc import Iterator

from tests.test_architecture import FILES, TREES, called

SHOWN = (
    *("cli/", "main.py", "utils.py", "unipic/tools.py", "unipic/api.py", "unipic/examples.py"),
    *("unipic/cleanup/", "unipic/review/", "unipic/destinations/", "unipic/sources/"),
)
WORD = re.compile(r"[a-zA-Z]{2,}")
NAMES = ("Immich", "Unipic")
# Errors of the code itself, which tell a person nothing.
OF_CODE = ("ValueError", "TypeError", "KeyError", "RuntimeError", "AssertionError", "OSError", "AttributeError")
PRINTS = ("out.print", "err.print", "err.input", "typer.prompt", "typer.confirm", "say_note", "say_error")
OPTIONS = ("typer.Option", "typer.Argument", "typer.Typer", "Commands", "option")


def bare(node: ast.expr) -> bool:
    """Whether this is text without a mark: a literal, one of a choice, or an f-string with words of its own."""
    if isinstance(node, ast.IfExp):
        return bare(node.body) or bare(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return any(bare(part) for part in node.values if isinstance(part, ast.Constant))
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and has_words(node.value)


def has_words(text: str) -> bool:
    return any(word not in NAMES for word in WORD.findall(re.sub(r"\[[^\]]*\]", "", text)))


def unmarked(tree: ast.AST) -> Iterator[int]:
    """The lines of texts that people see and that no catalogue has."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and called(node.exc) not in OF_CODE:
            yield from (text.lineno for text in node.exc.args if bare(text))
        elif isinstance(node, ast.Call):
            name = called(node)
            shown = [keyword.value for keyword in node.keywords if keyword.arg == "help" and name in OPTIONS]
            if name in PRINTS or name == "option":
                shown += node.args[:1]
            elif name.startswith("_") and len(node.args) == 2 and is_flag(node.args[0]):
                shown += node.args[1:]
            yield from (text.lineno for text in shown if bare(text))


def is_flag(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and str(node.value).startswith("-")


def test_every_text_of_the_command_line_is_marked() -> None:
    found = [f"{file}:{line}" for file in FILES if file.startswith(SHOWN) for line in unmarked(TREES[file])]
    assert not found, "write _(…) or kept(…) around:\n" + "\n".join(found)


def test_an_unmarked_text_is_found() -> None:
    source = """
raise SettingsError("name a folder")
raise SourceError(f"{path} is no folder")
typer.Option("--to", help="The folder." if x else _("A file."))
_how("--gap", "A pause.")
err.print(f"{photos} written", **WHOLE)
raise SettingsError(_("name a folder"))
out.print(f"[b]{kept}[/b]")
raise ValueError("no number")
"""
    assert list(unmarked(ast.parse(source))) == [2, 3, 4, 5, 6]
