"""A query cut into pieces: key:value, "quoted text", words, and the signs before them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from unipic.core.folding import folded
from unipic.search.query import ONE_VALUE

LONGEST = 2_000  # characters of a query that are read; no person types more, and a pasted book should not take seconds
_TOKEN = re.compile(
    r"(?P<sign>[-+](?=\S))?(?:(?P<weight>\d{1,4}(?:\.\d{1,3})?):(?=[^\d\s]))?"
    r'(?:(?P<key>[^\W\d_]{2,}):(?P<value>(?!//)(?:"[^"]*"?|[^\s"])+)|"(?P<phrase>[^"]*)"?|(?P<word>[^\s]+))'
)
_AROUND = ",;!?…“”()"  # marks around words, which are no part of them


@dataclass(frozen=True)
class Token:
    """A piece of a query. One of value, phrase and word is not None."""

    start: int
    end: int
    sign: str = ""
    weight: float | None = None
    key: str = ""
    value: str | None = None
    phrase: str | None = None
    word: str | None = None

    @property
    def folded(self) -> str:
        """The word for comparison: "" if nothing is left of it."""
        word = (self.word or "").strip(_AROUND)
        return folded(word.removesuffix(":"))


def tokens(text: str) -> Iterator[Token]:
    """The pieces of a query, in order."""
    for match in _TOKEN.finditer(text[:LONGEST]):
        found = match.groupdict()
        weight = float(found["weight"]) if found["weight"] else None
        sign, key = found["sign"] or "", found["key"] or ""
        yield Token(match.start(), match.end(), sign, weight, key, found["value"], found["phrase"], found["word"])


def values_in(text: str, key: str) -> list[str]:
    """The alternatives in the value of a chip: a|b or a,b; what is quoted is one."""
    if key in ONE_VALUE:
        return [text.replace('"', "")]
    parts = re.findall(r'((?:"[^"]*"?|[^|,"])+)', text)
    return [value for part in parts if (value := part.replace('"', "").strip())]
