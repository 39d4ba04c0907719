"""The signs by which a photo is clutter: its names and facts, the words that were read in it, and its thumbnail."""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np

from unipic.cleanup.result import ClutterKind
from unipic.core.folding import folded
from unipic.core.language import kept
from unipic.core.photo import Photo
from unipic.library.index import Index
from unipic.library.kinds import BILL, LOSSLESS, SCREENS, SCREENSHOT, Box, covered, is_page
from unipic.library.thumbnails import Thumbnails
from unipic.vision.base import Part

# Limits from 689 labelled photos (benchmarks/clutter.py), each on the side where photos worth keeping are spared.
BLURRED = 0.24  # sharpness: a Gaussian blur of 3 pixels at 640; nothing is sharp at any size
LEAST_SIDE = 480  # pixels of the long side; smaller pictures look soft or sharp by chance
GRAINY = 0.2  # noise from which on the sharpness says little
FOGGY = 0.2  # contrast below which fog may be what softens
BLACK = 0.2  # of white: the lightest spot; lamps, the moon and stars are lighter
EMPTY = 0.07  # of all tones: how much a channel may differ over the picture; shapes in fog differ by 0.1
STANDS_OUT = 0.25  # of all tones: a spot that differs so much from the middle one is a lamp, a bird or a boat
DARK, NIGHT = 0.2, 0.5  # a tone that counts as dark, and the share of such tones from which on a scene is a night
FLAT_SCREEN = 0.5  # share of even pixels: screens have 0.6 and more, photos of the same size less
NO_GRAIN = 0.003  # noise of what was drawn; 1 photo in 15 has so little
DRAWN_FLAT, DRAWN_COLOURS = 0.6, 0.85  # shares of even pixels, and of the six commonest colours
PAPER, SLIP = 0.4, 0.3  # share that is white like paper, of a page by its text, and of a receipt by its name
BEHIND = 0.5  # median tone where the text is: plaques and blackboards are darker
# Lines that only screens show: so many, or so many that are such a share; a letter or a receipt has an address or two.
MANY_MACHINE, SOME_MACHINE, MACHINE_SHARE = 8, 4, 0.25
LETTERS, BAND = 0.045, 0.55  # height of a caption's line; share of even pixels beside it
EDGE = 0.3  # of the height: captions are above or below the picture

MESSENGER = re.compile(
    r"^(?:img \d{8} wa\d+|whatsapp image\b|fb img \d|received \d|photo \d{4} \d\d \d\d|signal \d{4} \d\d|telegram\b|"
    r"sticker)"
)
MACHINE = re.compile(
    r"https?:|www\.|\w\.(?:com|org|net|io|html?|txt|jpe?g|png|pdf|exe|py|js|zip|csv)\b|^[$>#] ?\w|[\w/]/\w+/\w|"
    r"\b\d\d:\d\d:\d\d\b|\b(?:ctrl|alt)\b ?[+-]|[{};]$|\bfile\b.*\bedit\b"
)

VERSION = 1  # raised when a thumbnail gets other numbers
Found = tuple[ClutterKind, float, str]  # kind, how clear 0 to 1, and a sentence with what was measured


@dataclass(frozen=True)
class Picture:
    """What a thumbnail tells; all numbers are from 0 to 1."""

    flat: float  # share of even pixels
    common: float  # share of the six commonest of 4096 colours
    dark: float  # share of dark tones
    paper: float  # share that is light and nearly without colour
    lightest: float  # the lightest spot of 3 x 3 pixels
    stands_out: float  # by how much a spot differs from the middle tone; without the rim, where borders lie
    spread: float  # by how much a channel differs over the picture, without grain, single spots and the rim


def look(rgb: np.ndarray) -> Picture:
    """The picture of a thumbnail, uint8 [H, W, 3]; the shorter side has 20 pixels or more."""
    grey = grey_of(rgb)
    red, green, blue = (plane.astype(np.uint16) for plane in cv2.split(rgb))
    codes = (red >> 4) << 8 | (green >> 4) << 4 | blue >> 4
    colours = np.sort(np.bincount(codes.ravel()))
    colour = cv2.subtract(cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue))
    spots, rim = cv2.blur(grey, (3, 3)), max(2, max(grey.shape) // 50)
    inside = slice(rim, -rim), slice(rim, -rim)
    small = cv2.resize(rgb[inside], (32, 32), interpolation=cv2.INTER_AREA).reshape(-1, 3) / 255
    low, high = np.percentile(small, (1, 99), axis=0)
    return Picture(
        flat=float(even(grey).mean()),
        common=float(colours[-6:].sum() / colours.sum()),
        dark=float((grey < DARK).mean()),
        paper=float(((grey > 0.6) & (colour < 51)).mean()),
        lightest=float(spots.max()),
        stands_out=float(np.abs(spots[inside] - np.median(grey[inside])).max()),
        spread=float((high - low).max()),
    )


def grey_of(rgb: np.ndarray) -> np.ndarray:
    """The tones of uint8 [H, W, 3], float32 [H, W] from 0 to 1."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255


def even(grey: np.ndarray) -> np.ndarray:
    """Where neighbours differ by less than a tone and a half of 256: float32 [H, W] -> bool [H-1, W-1]."""
    across, down = (np.abs(np.diff(grey, axis=axis)) for axis in (1, 0))
    return np.asarray(across[:-1] + down[:, :-1] < 1.5 / 256)


class Looks:
    """What thumbnails tell, each looked at once: the index keeps it."""

    def __init__(self, photos: Sequence[Photo], thumbnails: Thumbnails, index: Index) -> None:
        self.thumbnails, self._index = thumbnails, index
        self._key = f"clutter {VERSION}"
        self._known = index.scores(photos, self._key)

    def of(self, photo: Photo) -> Picture:
        """What the photo's thumbnail tells."""
        numbers = self._known.get(photo.digest)
        if numbers is None:
            numbers = self._known[photo.digest] = list(astuple(look(self.thumbnails.load(photo.digest))))
            self._index.keep_score(photo, numbers, self._key)
        return Picture(*numbers)


@dataclass(frozen=True)
class Seen:
    """A photo with what was read in it; its thumbnail is looked at when a sign asks for it."""

    photo: Photo
    lines: Sequence[Part]  # of text
    looks: Looks

    @cached_property
    def picture(self) -> Picture:
        """What its thumbnail tells."""
        return self.looks.of(self.photo)

    @cached_property
    def grey(self) -> np.ndarray:
        """The tones of its thumbnail, float32 [H, W] from 0 to 1."""
        return grey_of(self.looks.thumbnails.load(self.photo.digest))

    @cached_property
    def folder(self) -> str:
        """The words of its folders."""
        return _words(self.photo.name.rpartition("/")[0])

    @cached_property
    def name(self) -> str:
        """The words of its file's name."""
        return _words(self.photo.name.rpartition("/")[2])

    @cached_property
    def boxes(self) -> list[Box]:
        """Where text was read."""
        return [line.box for line in self.lines if line.box]


@lru_cache(1024)
def _words(text: str) -> str:
    """Without accents and signs."""
    return " ".join(re.sub(r"[\W_]+", " ", folded(text)).split())


def screenshot(seen: Seen) -> Found | None:
    """By what the file, its name or its size says, where no camera wrote into it."""
    photo = seen.photo
    if photo.camera or photo.exposure:
        return None
    lossless, signs = photo.format in LOSSLESS, list[str]()
    if any(folded(extra.value) == "screenshot" for extra in photo.told):
        signs.append(kept("its file says so"))
    if SCREENSHOT.search(seen.name):
        signs.append(kept("its name says so"))
    elif lossless and SCREENSHOT.search(seen.folder):
        signs.append(kept("its folder says so"))
    sized = lossless and tuple(sorted((photo.width, photo.height))) in SCREENS
    if sized and (signs or seen.picture.flat >= FLAT_SCREEN):
        signs.append(kept("a screen has {width} x {height} pixels", width=photo.width, height=photo.height))
    words = kept("Screenshot: {signs}, and no camera is named.", signs=", ".join(signs))
    return ("screenshot", 1 - 0.5 ** len(signs), words) if signs else None


def screen(seen: Seen) -> Found | None:
    """A camera's photo of text that only screens show."""
    if not ((seen.photo.camera or seen.photo.exposure) and is_page(seen.boxes)):
        return None
    shown = sum(bool(MACHINE.search(line.facts.get("text", "").lower())) for line in seen.lines)
    if shown < min(MANY_MACHINE, max(SOME_MACHINE, MACHINE_SHARE * len(seen.boxes))):
        return None
    n = len(seen.boxes)
    words = kept("Photo of a screen: {shown} of {n} lines in it are addresses, file names or code.", shown=shown, n=n)
    return "screen", min(1.0, shown / n), words


def document(seen: Seen) -> Found | None:
    """A page of text, or a receipt by its name; either on white."""
    if is_page(seen.boxes) and seen.picture.paper >= PAPER and _behind(seen) >= BEHIND:
        n, share = len(seen.boxes), covered(seen.boxes)
        words = kept("Document: {n} lines of text on {share:.0%} of the picture, on white.", n=n, share=share)
        return "document", seen.picture.paper, words
    if BILL.search(seen.name) and seen.picture.paper >= SLIP:
        words = kept("Document: its name says so, and {share:.0%} of it is white.", share=seen.picture.paper)
        return "document", 0.0, words
    return None


def _behind(seen: Seen) -> float:
    """The median tone where text is, 0 to 1."""
    height, width = seen.grey.shape
    places = np.zeros((height, width), dtype=bool)
    for left, top, right, bottom in seen.boxes:
        places[int(top * height) : int(bottom * height) + 1, int(left * width) : int(right * width) + 1] = True
    return float(np.median(seen.grey[places]))


def graphic(seen: Seen) -> Found | None:
    """A drawing or a captioned picture under a name that messengers give."""
    if seen.photo.camera or seen.photo.exposure or not MESSENGER.search(seen.name):
        return None
    if seen.photo.measures.noise < NO_GRAIN:
        picture = seen.picture
        if picture.flat >= DRAWN_FLAT and picture.common >= DRAWN_COLOURS and picture.dark < NIGHT:
            words = kept("Graphic from a messenger: six colours fill {share:.0%} of it.", share=picture.common)
            return "graphic", picture.common * picture.flat, words
    large = [(top, bottom) for _, top, _, bottom in seen.boxes if bottom - top >= LETTERS]
    top, bottom = min(large, default=(0.5, 0.5))[0], max((end for _, end in large), default=0.5)
    if bottom > EDGE and top < 1 - EDGE:
        return None
    flat = even(seen.grey)
    if float(flat[int(top * len(flat)) : int(bottom * len(flat)) + 1].mean()) < BAND:
        return None
    return "graphic", 0.0, kept("Graphic from a messenger: {n} lines of a caption beside the picture.", n=len(large))


def black(seen: Seen) -> Found | None:
    """Nothing in it is lit."""
    if seen.photo.measures.exposure >= BLACK**2 or (lightest := seen.picture.lightest) >= BLACK:
        return None
    words = kept("Almost black: its lightest spot has {share:.0%} of white.", share=lightest)
    return "black", 1 - lightest / BLACK, words


def empty(seen: Seen) -> Found | None:
    """One even tone, from which nothing stands out."""
    spread = seen.picture.spread if seen.photo.measures.contrast < 2 * EMPTY else 1.0
    if spread >= EMPTY or seen.picture.stands_out >= STANDS_OUT:
        return None
    words = kept("Almost empty: its tones differ by {share:.0%} from end to end.", share=spread)
    return "empty", 1 - spread / EMPTY, words


def blurred(seen: Seen) -> Found | None:
    """Not one edge is sharp, and neither grain, fog nor night explains it."""
    photo, measures = seen.photo, seen.photo.measures
    if measures.sharpness >= BLURRED or max(photo.width, photo.height) < LEAST_SIDE:
        return None
    if measures.noise > GRAINY or measures.contrast < FOGGY or seen.picture.dark >= NIGHT:
        return None
    about = {"sharpness": measures.sharpness, "least": BLURRED}
    words = kept("Blurred: sharpness {sharpness:.2f} of 1, and below {least} not one edge is sharp.", **about)
    return "blurred", 1 - measures.sharpness / BLURRED, words


SIGNS = (screenshot, screen, document, graphic, black, empty, blurred)
