"""The words that were read in pictures: which photos are read, and which lines of a photo count."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Literal

from unipic.core.errors import DecisionsUnreadable
from unipic.core.language import kept
from unipic.core.progress import Stage
from unipic.library._tables import marks, portions
from unipic.library.filling import Model, detector
from unipic.library.kinds import KINDS, Box
from unipic.library.reader import Reader
from unipic.reading import versions
from unipic.vision.ocr import KIND, SIDE, Line, WordReader
from unipic.vision.registry import open_words

VERSION = 1  # raised when other lines count

KEY = WordReader.key
# The rows of the lines of some digests, with {} for their marks; takes KEY and the digests.
LINES = f"SELECT digest, facts FROM part WHERE kind = '{KIND}' AND key = ? AND digest IN ({{}}) ORDER BY digest, part"

Which = Literal["screens", "all", "off"]
CHOICES: tuple[Which, ...] = ("screens", "all", "off")
CHOICE = "words"  # the name under which a person's choice among them is remembered
DEFAULT: Which = "screens"
PROBLEM = kept("Words in pictures are not read")  # how a notice about it begins
STAGE = Stage(
    kept("Reading words in pictures"), 1, kept("The words in pictures are read, so that a search finds them.")
)
AT_ONCE = 200  # photos whose words are read before they can be searched: some minutes' work
READ_ANYWAY = ("screenshot", "document")  # kinds whose words are read unless they are switched off
SECONDS = 0.3  # of one core for a photo with a line or two, see benchmarks/RESULTS.md; a full page takes 10

# In a screenshot's topmost twentieth: what a system shows there, which nobody searches for.
STATUS_BAR = 0.05
_DAY = r"(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?"
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    r"Nov(?:ember)?|Dec(?:ember)?)"
)
_STATUS = re.compile(
    rf"\d{{1,2}}[:.]\d\d(?: ?[ap]\.?m\b\.?)?|\d{{1,3}} ?%|\b(?:[2-6]G|LTE|VoLTE|Wi-?Fi|E|H|SOS)\b|"
    rf"\b{_DAY}\b|\b\d{{1,2}} ?{_MONTH}\b|\b{_MONTH} \d{{1,2}}\b|[\W_]+",
    re.IGNORECASE,
)


def word_model(fine: bool = False) -> Model:
    """What fills the library with lines of text; `fine`: with small ones too, which takes longer."""
    return detector(KEY, partial(open_words, fine), SIDE, STAGE.name)


def chosen(reader: Reader) -> Which:
    """Whose words are read, as a person chose."""
    try:
        said = reader.marks.choice(CHOICE)
    except DecisionsUnreadable:
        return DEFAULT
    return next((one for one in CHOICES if one == said), DEFAULT)


def unread(reader: Reader, screens: bool) -> list[str]:
    """Digests of photos that nobody has read: of screenshots and documents, or of all others. Newest first."""
    bits = sum(1 << KINDS.index(kind) for kind in READ_ANYWAY)
    asked = (
        "SELECT t.digest FROM trait t LEFT JOIN done d ON d.digest = t.digest AND d.key = ? AND d.made = ? "
        f"WHERE d.digest IS NULL AND (t.kinds & {bits} != 0) = ? ORDER BY t.taken DESC, t.digest"
    )
    return [digest for (digest,) in reader.ask(asked, [KEY, versions.picture(), screens])]


def lines_of(rows: Iterable[tuple[str, str]]) -> dict[str, list[Line]]:
    """The lines of each digest, from rows of (digest, facts) of LINES."""
    found = defaultdict[str, list[Line]](list)
    for digest, facts in rows:
        with suppress(ValueError, TypeError, KeyError):  # damaged: read again when the photo is
            line = json.loads(facts)
            found[digest].append(Line(line["text"], line["score"], tuple(line["box"])))
    return found


def lines_in(reader: Reader, digests: Sequence[str]) -> dict[str, list[str]]:
    """The lines that were read in photos, as they are written there, by digest."""
    found: dict[str, list[str]] = {}
    for some in portions(digests):
        rows = lines_of(reader.ask(LINES.format(marks(some)), [KEY, *some]))
        found |= {digest: [line.text for line in lines] for digest, lines in rows.items()}
    return found


def boxes(lines: Sequence[Line]) -> list[Box]:
    """Where the lines are."""
    return [line.box for line in lines]


def counted(lines: Sequence[Line], screenshot: bool) -> Iterator[str]:
    """The texts that count: all but the clock, the battery and the network at the top of a screenshot."""
    for line in lines:
        at_top = screenshot and line.box[3] <= STATUS_BAR
        if not (at_top and _STATUS.sub("", line.text) == ""):
            yield line.text
