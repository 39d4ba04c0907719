"""Words of dates and countries: English and one other language, by Unicode's CLDR (in Babel) and small tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from babel import Locale, UnknownLocaleError

from unipic.core.folding import folded

ENGLISH = "en"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# CLDR has no seasons. Spring, summer, autumn, winter.
SEASONS: Mapping[str, tuple[str, ...]] = {
    "en": ("spring", "summer", "autumn fall", "winter"),
    "de": ("frühling frühjahr", "sommer", "herbst", "winter"),
    "fr": ("printemps", "été", "automne", "hiver"),
    "es": ("primavera", "verano", "otoño", "invierno"),
    "it": ("primavera", "estate", "autunno", "inverno"),
    "pt": ("primavera", "verão", "outono", "inverno"),
    "nl": ("lente voorjaar", "zomer", "herfst najaar", "winter"),
}
# Words before a date or a place that belong to it.
BEFORE: Mapping[str, str] = {
    "en": "in on at from of during the",
    "de": "im in am an aus von vom bei während",
    "fr": "en à au aux dans de du le la",
    "es": "en de del desde el la",
    "it": "in a nel nella di da il la",
    "pt": "em no na de do da",
    "nl": "in op uit van de het",
}
ENGLISH_ABBREVIATIONS = {"sept": 9}


@dataclass(frozen=True)
class Tongue:
    """The words of a language together with the English ones, folded."""

    months: Mapping[str, int]  # 1 to 12
    short_months: Mapping[str, int]  # abbreviations, which are also other words
    weekdays: Mapping[str, int]  # 0 is Monday
    seasons: Mapping[str, int]  # 0 is spring
    before: frozenset[str]
    countries: Mapping[str, str]  # to two letters


@cache
def tongue(language: str) -> Tongue:
    """The words of a language such as "de" or "pt-BR"; of English alone if it is not known."""
    both = [_locale(ENGLISH), *([found] if (found := _locale(language)) and found.language != ENGLISH else [])]
    locales = [one for one in both if one]
    months, short = dict[str, int](), dict(ENGLISH_ABBREVIATIONS)
    weekdays, countries = dict[str, int](), dict[str, str]()
    for locale in reversed(locales):  # English last, so that its words hold
        for form in ("format", "stand-alone"):
            months |= {folded(name): number for number, name in locale.months[form]["wide"].items()}
            names = locale.months[form]["abbreviated"].items()
            short |= {folded(name).rstrip("."): number for number, name in names}
            weekdays |= {folded(name): number for number, name in locale.days[form]["wide"].items()}
        countries |= {folded(name): code for code, name in locale.territories.items() if _is_country(code)}
    tables = [locale.language for locale in locales]
    seasons = {
        folded(word): n for one in tables for n, words in enumerate(SEASONS.get(one, ())) for word in words.split()
    }
    before = frozenset(folded(word) for one in tables for word in BEFORE.get(one, "").split())
    short = {name: number for name, number in short.items() if name not in months}
    return Tongue(months, short, weekdays, seasons, before, countries)


def country_name(code: str, language: str = ENGLISH) -> str:
    """The name of a country by its two letters; the letters if it has none."""
    locale = _locale(language) or _locale(ENGLISH)
    return str(locale.territories.get(code, code)) if locale else code


def _locale(language: str) -> Locale | None:
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return None


def _is_country(code: str) -> bool:
    return len(code) == 2 and code.isalpha() and code not in ("ZZ", "EU", "UN", "EZ", "XA", "XB")
