"""The catalogues of translations: complete, in step with the sources, and in step with what is compiled."""

from collections.abc import Iterator
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from unipic.core.language import DOMAIN, FOLDER, KEPT, LANGUAGES
from unipic.locale import messages, of_python, of_script

OTHERS = [code for code in LANGUAGES if code != "en"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('_("Add {name}", name=x)', ["Add {name}"]),
        ('_("a" "b") + gettext("c" if x else "d")', ["ab", "c", "d"]),
        ('A = N_("later")\n_(A)', ["later"]),
        ('ngettext("{n} cat", "{n} cats", 3)', [("{n} cat", "{n} cats")]),
        ('count(3, "photo")', [("{n:,} photo", "{n:,} photos")]),
        ('count(3, "copy" if x else "body", "copies" if x else "bodies")',
         [("{n:,} copy", "{n:,} copies"), ("{n:,} body", "{n:,} bodies")]),
        ('@app.command(epilog=E)\ndef go() -> None:\n    """Go.\n\n    Far."""', ["Go.\n\nFar."]),
        ('@app.command(hidden=True)\ndef go() -> None:\n    """Go."""', []),
    ],
)  # fmt: skip
def test_messages_of_python(source: str, found: list[object]) -> None:
    assert [text for text, _context in of_python(source)] == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('h("p", {}, `${_("Add")} ${_("to {name}", { name })}`)', ["Add", "to {name}"]),
        ('_("one, " +\n  "two")', ["one, two"]),
        (r'_("say \"yes\" \u2026")', ['say "yes" …']),
        ('ngettext("{n} photo", "{n} photos", n, { name })', [("{n} photo", "{n} photos")]),
        ('count(Math.max(a, b.length), "photo")', [("{n:,} photo", "{n:,} photos")]),
        ('count(n, "copy", "copies")', [("{n:,} copy", "{n:,} copies")]),
        ("filter_(name); _(LABEL)", []),
    ],
)
def test_messages_of_javascript(source: str, found: list[object]) -> None:
    assert [text for text, _context in of_script(source)] == found


def test_texts_that_are_stored_in_english_have_a_context() -> None:
    assert list(of_python('kept("is broken")')) == [("is broken", KEPT)]


def catalogue(code: str) -> Catalog:
    with (FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, code)


def entries(code: str) -> list[Message]:
    return [message for message in catalogue(code) if message.id]


def forms(text: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def placeholders(text: str) -> Iterator[str]:
    return (field for _text, field, _spec, _conversion in Formatter().parse(text) if field)


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_is_in_the_catalogue_and_no_other(code: str) -> None:
    held = {(message.id, message.context or "") for message in entries(code)}
    wanted = set(messages(FOLDER.parent.parent))
    assert held == wanted, "run `make texts`"
    assert not catalogue(code).obsolete


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_is_translated(code: str) -> None:
    missing = [message.id for message in entries(code) if not all(forms(message.string)) or message.fuzzy]
    assert not missing, f"{len(missing)} without a translation"


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_placeholders_of_its_message(code: str) -> None:
    """The form for one may leave the number out."""
    wrong = [
        (message.id, form)
        for message in entries(code)
        for form in filter(None, forms(message.string))
        if "{" in "".join(forms(message.id))
        and not set(placeholders(forms(message.id)[-1])) - {"n"} <= set(placeholders(form)) <= all_of(message)
    ]
    assert not wrong


def all_of(message: Message) -> set[str]:
    return {name for form in forms(message.id) for name in placeholders(form)}


@pytest.mark.parametrize("code", OTHERS)
def test_what_is_compiled_is_what_is_written(code: str) -> None:
    with (FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as file:
        compiled = {(forms(one.id), one.context): forms(one.string) for one in read_mo(file) if one.id}
    written = {(forms(one.id), one.context): forms(one.string) for one in entries(code) if all(forms(one.string))}
    assert compiled == written, "run `make texts`"
