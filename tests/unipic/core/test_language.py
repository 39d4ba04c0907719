"""The language of texts: which one counts, and how numbers and plurals are put in."""

import gettext as catalogues
import threading
from contextvars import copy_context

import pytest

from unipic.core import language as texts
from unipic.core.language import best_of, gettext, kept, language, ngettext, number, retold, speak


@pytest.mark.parametrize(
    ("wanted", "code"),
    [(["de-AT", "en"], "de"), (["pt", "fr_FR.UTF-8"], "fr"), (["C"], ""), ([], ""), (["EN-gb"], "en"), (["es"], "es")],
)
def test_the_first_language_there_is_counts(wanted: list[str], code: str) -> None:
    assert best_of(wanted) == code


def test_values_and_plurals_are_put_in() -> None:
    assert gettext("{name} has {n:,} photos", name="{x}", n=1234) == "{x} has 1,234 photos"
    assert gettext("100 % of {it}") == "100 % of {it}"
    assert ngettext("{n} photo", "{n:,} photos", 1) == "1 photo"
    assert ngettext("{n} photo", "{n:,} photos", 2000) == "2,000 photos"


def test_a_language_is_chosen_for_one_request_only() -> None:
    def request() -> tuple[str, str]:
        speak("de")
        return language(), number(1234.5, ",.1f")

    assert copy_context().run(request) == ("de", "1.234,5")
    assert (language(), number(1234.5, ",.1f")) == ("en", "1,234.5")


def test_a_thread_without_a_choice_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_asked", lambda: "fr")
    heard: list[str] = []
    speak("de")
    thread = threading.Thread(target=lambda: heard.append(language()))
    thread.start()
    thread.join()
    speak("")
    assert heard == ["fr"]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_DE", "LC_ALL": "C"}, "en"),
        ({"LANGUAGE": "xx:es"}, "es"),
        ({}, "en"),
    ],
)
def test_the_process_speaks_the_language_of_its_environment(
    variables: dict[str, str], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in texts.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    texts._of_process.cache_clear()
    try:
        assert language() == code
    finally:
        monkeypatch.undo()
        texts._of_process.cache_clear()


def test_a_stored_text_is_retold_with_the_texts_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    german = catalogues.NullTranslations()
    translations = {
        "kept\x04is damaged": "ist beschädigt",
        "kept\x04stopped at {time}: it {reason}": "endet bei {time}, denn sie {reason}",
        "kept\x04has {bytes:,} bytes": "hat {bytes} Bytes",
        "kept\x04has {what}": "falsch: {what}",
        "kept\x04sharper ({best} against {other})": "schärfer ({best} gegen {other})",
        "kept\x04{name} ({number})": "{name}: {number}",
        "kept\x04get {it}, and {it} again": "{it}, und {it} noch einmal",
    }
    german._catalog = translations  # type: ignore[attr-defined]
    monkeypatch.setattr(german, "pgettext", lambda context, text: translations.get(f"{context}\x04{text}", text))
    monkeypatch.setattr(texts, "catalogue", lambda code: german)
    texts._patterns.cache_clear()
    stored = kept("stopped at {time}: it {reason}", time="0:41", reason=kept("is damaged"))
    assert retold(stored) == stored == "stopped at 0:41: it is damaged"
    try:
        speak("de")
        assert retold(stored) == "endet bei 0:41, denn sie ist beschädigt"
        assert retold(kept("has {bytes:,} bytes", bytes=12345)) == "hat 12,345 Bytes"
        assert retold("sharper (5 against 2), is damaged, sharper") == "schärfer (5 gegen 2), ist beschädigt, schärfer"
        assert retold("sharper (5 against 2), sharper (3 against 1)") == "schärfer (5 gegen 2), schärfer (3 gegen 1)"
        assert retold(kept("get {it}, and {it} again", it="x")) == "x, und x noch einmal"
        assert retold("a name {of} somebody") == "a name {of} somebody"
    finally:
        speak("")
        texts._patterns.cache_clear()
