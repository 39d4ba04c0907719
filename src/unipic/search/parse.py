"""What a query means: chips, found greedily, the longest first, and the words that are left.

Whatever is recognised is a chip that a person sees and can turn back into words, so a wrong guess costs a click.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from unipic.search._tokens import Token, tokens, values_in
from unipic.search.dates import ALSO_WORDS, Dates
from unipic.search.keys import key_of, value_of
from unipic.search.query import MINUS, PLUS, Chip, Part, Query
from unipic.search.vocabulary import PHOTOS, Vocabulary, belongs_before, is_preposition, named

LONGEST_NAME = 6  # words of a name or date
NOT = frozenset(["no", "not", "without", "except", "excluding"])
AND, OR = frozenset(["and", "&", "but"]), "or"
INTRODUCTIONS = frozenset(["all", "my", "our", "the"])
Count = Callable[[Chip], int]


@dataclass(frozen=True)
class Reading:
    """What words [start, end) of a run may mean; from `core` on they are the name itself."""

    start: int
    core: int
    end: int
    chips: tuple[Chip, ...]
    likely: bool = True  # False: only offered as another reading

    @property
    def rank(self) -> tuple[int, int]:
        """Longer readings come first, then those further left."""
        return self.start - self.end, self.start


class Parser:
    """Reads queries about one library."""

    def __init__(
        self, vocabulary: Vocabulary, language: str = "en", today: date | None = None, count: Count = lambda chip: 0
    ) -> None:
        """`count`: how many photos a chip has; of two readings of the same words the one with more photos is taken."""
        self.vocabulary, self.language, self.count = vocabulary, language, count
        self.dates = Dates(language, today or date.today(), vocabulary.south)

    def parse(self, text: str) -> Query:
        """The query as understood. QueryError for an unknown key, or a value that its key does not take."""
        chips: list[Chip] = []
        parts: list[tuple[list[str], float]] = [([], PLUS)]
        run: list[Token] = []

        def end_run() -> None:
            found, words = self._run(run)
            chips.extend(found)
            parts[-1][0].extend(words)
            run.clear()

        for token in tokens(text):
            plain = token.word is not None
            if plain and not token.sign and token.weight is None and token.word != "+":
                run.append(token)
                continue
            end_run()
            if token.word == "+" or (plain and token.sign != "-"):
                parts.append(([], PLUS if token.weight is None else token.weight))
                run += [replace(token, sign="", weight=None)] if token.word != "+" else []
            elif plain:
                self._unwanted(token, chips, parts)
            else:
                chips += self._said(token, parts)
        end_run()
        found = (Part(" ".join(words), weight) for words, weight in parts if words)
        ordered = sorted(chips, key=lambda chip: chip.start)
        return Query(text, tuple(ordered), tuple(found))

    # What is said outright.

    def _said(self, token: Token, parts: list[tuple[list[str], float]]) -> list[Chip]:
        """The chips of key:value, or of quoted text."""
        negative = token.sign == "-"
        if token.value is None:
            text = (token.phrase or "").strip()
            return [Chip("text", (text,), negative, token.start, token.end)] if text else []
        key = key_of(token.key)
        given = values_in(token.value, key)
        if key == "word":
            parts[-1][0].extend(given)
            return []
        wanted = [one for one in given if not (key == "who" and one.startswith("-"))]
        unwanted = [one.lstrip("-") for one in given if one not in wanted]
        found = []
        for values, none_of in ((wanted, negative), (unwanted, True)):
            if values:
                checked = tuple(dict.fromkeys(value_of(key, one, self.dates, self.language) for one in values))
                found.append(Chip(key, checked, none_of, token.start, token.end))
        return found

    def _unwanted(self, token: Token, chips: list[Chip], parts: list[tuple[list[str], float]]) -> None:
        """A word with a minus: a chip of which none may be, or a word that is unwanted."""
        found, words = self._run([replace(token, sign="")]) if token.weight is None else ([], [str(token.word)])
        if found and not words:
            chips += [replace(chip, negative=not chip.negative, start=token.start) for chip in found]
        else:
            weight = MINUS if token.weight is None else -token.weight
            parts.insert(len(parts) - 1, ([str(token.word)], weight))

    # What is recognised in words.

    def _run(self, run: Sequence[Token]) -> tuple[list[Chip], list[str]]:
        """The chips in some words, and the words that are left."""
        words = [token.folded for token in run]
        taken, dropped = list[Reading](), set[int]()
        all_readings = sorted(self._readings(run, words), key=lambda one: one.rank)
        likely = [one for one in all_readings if one.likely]
        for reading in likely:
            if not any(reading.start < other.end and other.start < reading.end for other in taken):
                rivals = [one for one in likely if (one.start, one.end) == (reading.start, reading.end)]
                taken.append(max(rivals, key=lambda one: sum(map(self.count, one.chips))) if rivals[1:] else reading)
        chips: list[Chip] = []
        end = -1
        for reading in sorted(taken, key=lambda one: one.start):
            others = [one for one in all_readings if (one.core, one.end) == (reading.core, reading.end)]
            its = self._shown(reading, others, run, words, dropped)
            if chips and end == reading.start - 1 and words[end] == OR and _merged(chips, its):
                dropped.add(end)
            else:
                chips += its
            end = reading.end
        dropped |= _around(taken, words, dropped)
        left = [str(run[i].word) for i in range(len(run)) if i not in dropped and words[i] not in ("", "-")]
        return chips, left

    def _readings(self, run: Sequence[Token], words: list[str]) -> Iterator[Reading]:
        text, starts = " ".join(words), [0]
        for word in words:
            starts.append(starts[-1] + len(word) + 1)
        for i, token in enumerate(run):
            capital = (token.word or "")[:1].isupper() or len(run) == 1
            found = self.dates.at(text, starts[i], capital and words[i] in ALSO_WORDS)
            if found and (found[0] + 1) in starts:
                end = starts.index(found[0] + 1)
                yield Reading(i, i, end, tuple(Chip(key, (value,)) for key, value in found[1]))
            for end in range(i + 1, min(i + LONGEST_NAME, len(run)) + 1):
                yield from self._named(i, end, run, words)
            if name := _file_name(token):
                yield Reading(i, i, i + 1, (Chip("name", (name,)),))

    def _named(self, start: int, end: int, run: Sequence[Token], words: list[str]) -> Iterator[Reading]:
        before, capital = words[start - 1] if start else "", (run[start].word or "")[:1].isupper()
        for chips, likely in named(self.vocabulary, self.language, " ".join(words[start:end])):
            key = chips[0].key
            after = is_preposition(before, key)
            first = start - 1 if after and key != "camera" else start
            sure = after or (capital and key != "camera")
            yield Reading(first, start, end, tuple(chips), likely or sure)

    def _shown(
        self, reading: Reading, others: list[Reading], run: Sequence[Token], words: list[str], dropped: set[int]
    ) -> list[Chip]:
        """The chips of a reading where they stand, with their other readings. Adds what is used up to `dropped`."""
        first, key = reading.start, reading.chips[0].key
        while first and belongs_before(words[first - 1], key) and first - 1 not in dropped:
            first -= 1
        negative = bool(first) and words[first - 1] in NOT
        first -= negative
        dropped |= set(range(first, reading.end))
        start, end = run[first].start, run[reading.end - 1].end
        mine = " ".join(map(str, reading.chips))
        readings = [" ".join(map(str, one.chips)) for one in others]
        plain = " ".join(f"word:{run[i].word}" for i in range(reading.core, reading.end))
        different = tuple(dict.fromkeys([*(one for one in readings if one != mine), plain]))
        return [
            replace(chip, negative=chip.negative != negative, start=start, end=end, readings=different)
            for chip in reading.chips
        ]


def _file_name(token: Token) -> str:
    """The word if it can only be the name of a file or folder: with a slash, an ending, or a camera's number."""
    word = (token.word or "").replace('"', "").strip(",;!?()")
    stem, dot, ending = word.rpartition(".")
    numbered = "_" in word and any(letter.isdecimal() for letter in word)
    named = dot and stem and 2 <= len(ending) <= 4 and ending.isalnum() and not ending.isdecimal()
    return word if ("/" in word.strip("/") or numbered or named) and not word.startswith("//") else ""


def _merged(chips: list[Chip], more: list[Chip]) -> bool:
    """Put the only one of more chips into the last of the chips, if both are of one key; returns whether it is."""
    (one, *others), last = more, chips[-1]
    if others or (last.key, last.negative) != (one.key, one.negative):
        return False
    chips[-1] = replace(last, values=tuple(dict.fromkeys((*last.values, *one.values))), end=one.end)
    return True


def _around(taken: list[Reading], words: list[str], dropped: set[int]) -> set[int]:
    """Words that only join chips, and words for photos beside them or at the beginning."""
    gone: set[int] = set()
    for i in (*range(len(words)), *reversed(range(len(words)))):
        beside = {i - 1, i + 1} & (dropped | gone)
        if words[i] in AND and beside:
            gone.add(i)
    lead = 0
    while lead < len(words) and (words[lead] in INTRODUCTIONS or lead in dropped):
        lead += 1
    for i, word in enumerate(words):
        if word in PHOTOS and i not in dropped and (i == lead or i - 1 in dropped):
            gone |= {i, *(range(lead) if i == lead else ())}
            if i + 1 < len(words) and words[i + 1] == "of":
                gone.add(i + 1)
    return gone
