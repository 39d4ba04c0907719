"""Bring the catalogues up to date: new messages go into the .po files, unused ones leave them; .mo files are compiled.

Nothing is guessed: a message that changed has no translation until somebody writes one.
"""

from pathlib import Path

from babel.messages.catalog import Catalog, Message as Translation
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from unipic.core.files import atomic_file, make_folder
from unipic.core.language import DOMAIN, FOLDER, LANGUAGES
from unipic.locale import Message, messages

SOURCES = FOLDER.parent.parent
WIDTH = 120  # columns of a .po file


def main() -> None:
    """Write the catalogue of every language but English."""
    found = messages(SOURCES)
    for code in LANGUAGES:
        if code != "en":
            _update(FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.po", code, found)


def _update(path: Path, code: str, found: set[Message]) -> None:
    before = Catalog(code)
    if path.exists():
        with path.open("rb") as file:
            before = read_po(file, code)
    now = Catalog(
        code,
        project="Unipic",
        version="catalogue",
        header_comment="# How to correct a translation: see docs/languages.md.",
        creation_date=before.creation_date,
        revision_date=before.creation_date,
        last_translator="Unipic",
        language_team=LANGUAGES[code],
        msgid_bugs_address="docs/languages.md",
        fuzzy=False,
    )
    for text, context in found:
        known = before.get(text if isinstance(text, str) else text[0], context or None)
        translated = known.string if known and known.id == text else ""
        now.add(text, translated, context=context or None)
    make_folder(path.parent)
    with atomic_file(path) as file:
        write_po(file, now, width=WIDTH, sort_output=True, no_location=True)
    for message in [one for one in now if one.id and not _translated(one)]:
        now.delete(message.id, message.context)  # English is shown in its place
    with atomic_file(path.with_suffix(".mo")) as file:
        write_mo(file, now)


def _translated(message: Translation) -> bool:
    """Whether it has all its forms."""
    forms = [message.string] if isinstance(message.string, str) else message.string
    return all(forms or [""])


main()
