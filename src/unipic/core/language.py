"""The language of texts: gettext's catalogues in unipic/locale, chosen for a process, a request, or a screen.

Texts in the code are English and keep their values by name: _("{name} cannot be read.", name=name). Where the language
is English, no catalogue is read.
"""

import calendar
import gettext as catalogues
import os
import re
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français"}
DOMAIN = "unipic"
FOLDER = Path(__file__).parent.parent / "locale"
BRACKETS = re.compile(r" \([^()]*\)$")  # numbers at the end, which some screens leave out
PLACE = re.compile(r"\{(\w+)[^{}]*\}")  # where a value goes, with its name
KEPT = "kept"  # the context of texts that are stored in English
VARIABLES = ("UNIPIC_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # the first that names one counts

_chosen: ContextVar[str] = ContextVar("language", default="")
_asked: Callable[[], str] = str  # nobody to ask: ""


def language() -> str:
    """The code of the language that texts are in: "en", "de", "es" or "fr"."""
    return _chosen.get() or _asked() or _of_process()


def speak(code: str) -> None:
    """Use a language from here on, in this thread or request only; "": whatever was asked for."""
    _chosen.set(code)


def ask_first(ask: Callable[[], str]) -> None:
    """Ask this for the language wherever none was chosen by speak(): it returns a code, or "" if it knows none."""
    global _asked
    _asked = ask


def best_of(wanted: Iterable[str]) -> str:
    """The first of these tags, such as de-AT or fr_FR.UTF-8, that there is a language for; "" if for none."""
    codes = (tag.replace("_", "-").partition("-")[0].strip().casefold() for tag in wanted)
    return next((code for code in codes if code in LANGUAGES), "")


def speak_in_process(code: str) -> None:
    """Use a language in all threads of this process, and in the processes that it starts."""
    os.environ[VARIABLES[0]] = code
    _of_process.cache_clear()


@cache
def _of_process() -> str:
    named = next(filter(None, (os.environ.get(name, "") for name in VARIABLES)), "")
    return best_of(named.partition(".")[0].split(":")) or "en"


def gettext(message: str, /, **values: object) -> str:
    """The message in the language of the moment, with its values put in."""
    text = message if (code := language()) == "en" or not message else catalogue(code).gettext(message)
    return _filled(text, code, values)


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """The form of a message that a number asks for, in the language of the moment. The number is {n} in the text."""
    if (code := language()) == "en":
        text = one if number == 1 else many
    else:
        text = catalogue(code).ngettext(one, many, number)
    return _filled(text, code, {"n": number, **values})


def gettext_noop(message: str) -> str:
    """The message itself, marked for the catalogues: a constant is put into a language where it is shown."""
    return message


def kept(message: str, /, **values: object) -> str:
    """The message in English, with its values, to be stored or sent elsewhere; retold() translates it."""
    return message.format(**values) if values else message


def retold(text: str) -> str:
    """A text that kept() made, in the language of the moment, and the texts in its values too; any other as it is."""
    code = language()
    if code == "en" or not text:
        return text
    if (whole := catalogue(code).pgettext(KEPT, text)) != text:
        return whole
    listed = _each(text)
    if listed and all(told != one for one, told in listed[1]):
        return listed[0].join(told for _one, told in listed[1])
    for pattern, translation in _patterns(code):
        if found := pattern.fullmatch(text):
            return translation.format(**{name: retold(value) for name, value in found.groupdict().items()})
    return listed[0].join(told for _one, told in listed[1]) if listed else text


def _each(text: str) -> tuple[str, list[tuple[str, str]]] | None:
    """What separates a list of texts, and each of them with its translation; None for a single text."""
    separator = next((one for one in ("; ", ", ") if one in text), "")
    return (separator, [(one, retold(one)) for one in text.split(separator)]) if separator else None


def day(when: datetime, time: bool = False) -> str:
    """A date as the language writes it, with or without the time of day: 04 May 2024, 10:05 in English."""
    if (code := language()) == "en":
        written = f"{when:%d %b %Y}"
    else:
        from babel.dates import format_date

        written = format_date(when, locale=code)
    return f"{written}, {when:%H:%M}" if time else written


def number(value: float, spec: str = ",") -> str:
    """A number as the language writes it: 1,234.5 in English, 1.234,5 in German. `spec` as format() takes it."""
    return _number(value, spec, language())


def month_name(month: int) -> str:
    """January for 1."""
    if (code := language()) == "en":
        return calendar.month_name[month]
    from babel.dates import get_month_names

    return get_month_names("wide", locale=code)[month]


def weekday_name(weekday: int) -> str:
    """Monday for 0."""
    if (code := language()) == "en":
        return calendar.day_name[weekday]
    from babel.dates import get_day_names

    return get_day_names("wide", locale=code)[weekday]


def date_in_words(day: date) -> str:
    """ "14 July 2018", or as the language writes it."""
    if (code := language()) == "en":
        return f"{day.day} {month_name(day.month)} {day.year}"
    from babel.dates import format_date

    return format_date(day, "long", locale=code)


def span_in_words(first: date, last: date) -> str:
    """ "1-7 April 2018", "30 April - 2 May 2018", "30 December 2018 - 2 January 2019"; or as the language writes it."""
    if first >= last:
        return date_in_words(first)
    if (code := language()) != "en":
        from babel.dates import format_interval

        return format_interval(first, last, "yMMMMd", locale=code)
    if first.year != last.year:
        return f"{date_in_words(first)} - {date_in_words(last)}"
    if first.month != last.month:
        return f"{first.day} {month_name(first.month)} - {date_in_words(last)}"
    return f"{first.day}-{date_in_words(last)}"


@cache
def catalogue(code: str) -> catalogues.NullTranslations:
    """The translations into a language; for English, and where there are none, the messages themselves."""
    return catalogues.translation(DOMAIN, FOLDER, [code], fallback=True)


@cache
def _patterns(code: str) -> list[tuple[re.Pattern[str], str]]:
    """Of each kept message with values: what its English looks like, and its translation. Those that say most first."""
    listed = getattr(catalogue(code), "_catalog", {})
    prefix = f"{KEPT}\x04"
    made = [(key.removeprefix(prefix), text) for key, text in listed.items() if str(key).startswith(prefix)]
    made = [(message, text) for message, text in made if "{" in message]
    short = [(BRACKETS.sub("", message), BRACKETS.sub("", text)) for message, text in made]
    made += [pair for pair in short if not any("{" in one for one in pair)]
    made.sort(key=lambda pair: len(re.sub(PLACE, "", pair[0])), reverse=True)
    return [(re.compile(_seen(message), re.DOTALL), re.sub(PLACE, r"{\1}", text)) for message, text in made]


def _seen(message: str) -> str:
    """A pattern for what a message becomes with its values; each name is a group."""
    pattern = ""
    for at, part in enumerate(re.split(PLACE, message)):
        if at % 2:
            pattern += f"(?P={part})" if f"(?P<{part}>" in pattern else f"(?P<{part}>.*?)"
        else:
            pattern += re.escape(part)
    return pattern


def _filled(text: str, code: str, values: dict[str, object]) -> str:
    return _Filling(code).vformat(text, (), values) if values else text


class _Filling(Formatter):
    """str.format, with numbers written as the language writes them."""

    def __init__(self, code: str) -> None:
        self._code = code

    def format_field(self, value: Any, format_spec: str) -> Any:
        if format_spec and isinstance(value, int | float):
            return _number(value, format_spec, self._code)
        return super().format_field(value, format_spec)


def _number(value: float, spec: str, code: str) -> str:
    text = format(value, spec)
    return text if code == "en" else text.translate(_signs(code))


@cache
def _signs(code: str) -> dict[int, str]:
    from babel.numbers import get_decimal_symbol, get_group_symbol  # its import takes longer than an English command

    return {ord(","): get_group_symbol(code), ord("."): get_decimal_symbol(code)}
