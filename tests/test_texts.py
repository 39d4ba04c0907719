"""No text of a screen, route or command stands in the code without its mark for the catalogues. By reading it."""

import ast
import re
from collections.abc import Iterator

from tests.test_architecture import FILES, TREES, called

from unipic.core.settings import PROJECT

SHOWN = ("screens/", "server/", "cli/", "app.py", "main.py", "utils.py", "unipic/")
LABELS = ("label", "help", "placeholder", "caption", "text", "alt", "title")
# Calls of Streamlit whose first argument is no text.
NO_TEXT = re.compile(
    r"st\.(html|switch_page|page_link|container|columns|Page|logo|fragment|set_page_config|image|cache_data|code|grid|form|write_stream)$"
)
PRINTS = ("out.print", "err.print", "err.input", "typer.prompt", "typer.confirm", "say_note", "say_error", "option")
WORDS = re.compile(r"(?<![:_/.`\w-])[A-Za-z]{2,}(?![:_/.`\w])")
NAMES = re.compile(r"\[/?[a-z ]*\]|:material/\w+:|:(red|gray|green)-?\w*|\b(Unipic|Immich|RAW|Live Photo)\b")
# Errors of requests that no page of ours sends, and of the code itself.
OF_PROGRAMS = (
    "ValueError",
    "TypeError",
    "KeyError",
    "RuntimeError",
    "AssertionError",
    "SystemExit",
    "Cancelled",
    "_Failed",
)
PARTS = PROJECT / "src" / "screens" / "parts"
# Attributes that people see or hear, and texts of elements that are made; in scripts.
IN_SCRIPTS = re.compile(
    r"""(?:"aria-label"|ariaLabel|title|placeholder|textContent)["]?\s*[:=]\s*(["`][^"`]*["`])"""
    r"""|\bh\("\w+",\s*\{[^{}]*\},\s*("[^"]*"|`[^`]*`)"""
    r"""|\bsay\(("[^"]*")"""
)


def bare(node: ast.expr | None) -> bool:
    """Whether this is text that was not marked: a literal, one of a choice, or an f-string with words of its own."""
    if isinstance(node, ast.IfExp):
        return bare(node.body) or bare(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return any(bare(part) for part in node.values if isinstance(part, ast.Constant))
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and has_words(node.value)


def has_words(text: str) -> bool:
    return bool(WORDS.search(NAMES.sub("", text)))


def texts_of(call: ast.Call) -> Iterator[ast.expr]:
    name = called(call)
    if name.startswith("st.") and not NO_TEXT.fullmatch(name):
        yield from call.args[:1]
    if name.startswith("st.") or name in ("_page", "failed"):
        yield from (keyword.value for keyword in call.keywords if keyword.arg in LABELS)
    if name in PRINTS:
        yield from call.args[:1]
    if name.startswith("typer.") or name == "Commands":
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "help")
    if name.startswith("_") and len(call.args) == 2 and ast.unparse(call.args[0]).startswith("'-"):  # an option
        yield call.args[1]


def errors_of(node: ast.Raise) -> Iterator[ast.expr]:
    if isinstance(node.exc, ast.Call) and called(node.exc) not in OF_PROGRAMS:
        yield from node.exc.args


def unmarked(tree: ast.AST) -> Iterator[int]:
    """The lines of texts that people see and that no catalogue has."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call | ast.Raise):
            shown = texts_of(node) if isinstance(node, ast.Call) else errors_of(node)
            yield from (text.lineno for text in shown if bare(text))


def test_every_text_is_marked() -> None:
    found = [f"{file}:{line}" for file in FILES if file.startswith(SHOWN) for line in unmarked(TREES[file])]
    assert not found, "write _(…) around:\n" + "\n".join(found)


def test_every_text_of_a_script_is_marked() -> None:
    found = [
        f"{path.relative_to(PARTS)}: {text}"
        for path in sorted(PARTS.rglob("*.js"))
        if path.name != "mount.js"  # what it says is that nothing can be loaded, texts neither
        for texts in IN_SCRIPTS.findall(path.read_text(encoding="utf-8"))
        for text in texts
        if has_words(re.sub(r"\$\{[^}]*\}", "", text))
    ]
    assert not found, "write _(…) around:\n" + "\n".join(found)


def test_a_bare_text_is_found() -> None:
    source = 'st.button("Go on", help=f"{a} is here")\nraise Refused(404, "There is none.")\nst.caption(_("Marked"))'
    source += '\nerr.print(f"[b]{a} written[/b]")\n_how("--gap", "A longer pause.")\ntyper.Option(help="A new one.")'
    source += '\nout.print(f"[bold red]{a}[/]")\nraise SettingsError(_("no folder"))'
    assert sorted(unmarked(ast.parse(source))) == [1, 1, 2, 4, 5, 6]
    assert [any(texts) for texts in IN_SCRIPTS.findall('h("p", {}, "Go on")')] == [True]
