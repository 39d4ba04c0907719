"""The signs by which a photo is clutter: its names and facts, the words that were read in it, and its thumbnail."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from unipic.cleanup.result import ClutterKind
from unipic.core.folding import folded
from unipic.core.photo import Photo
from unipic.library.kinds import BILL, LOSSLESS, SCREENS, SCREENSHOT, Box, covered, is_page
from unipic.library.thumbnails import Thumbnails
from unipic.reading._measures import luminance
from unipic.vision.base import Part

# Limits from 689 labelled photos (benchmarks/clutter.py), each on the side where photos worth keeping are spared.
BLURRED = 0.24  # sharpness: a Gaussian blur of 3 pixels at 640; nothing is sharp at any size
LEAST_SIDE = 480  # pixels of the long side; smaller pictures look soft or sharp by chance
GRAINY = 0.2  # noise from which on the sharpness says little
FOGGY = 0.2  # contrast below which fog may be what softens
BLACK = 0.2  # of white: the lightest spot; lamps, the moon and stars are lighter
EMPTY = 0.07  # of all tones: how much a channel may differ over the picture; shapes in fog differ by 0.1
STANDS_OUT = 0.25  # of all tones: a spot that differs so much from the middle one is a lamp, a bird or a boat
TINY = 200  # pixels of the long side; smaller ones are icons and details, of which darkness says nothing
DARK, NIGHT = 0.2, 0.5  # a tone that counts as dark, and the share of such tones from which on a scene is a night
FLAT_SCREEN = 0.5  # share of even pixels: screens have 0.6 and more, photos of the same size less
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

Found = tuple[ClutterKind, float, str]  # kind, how clear 0 to 1, and a sentence with what was measured


@dataclass(frozen=True)
class Picture:
    """What a thumbnail, uint8 [H, W, 3], tells."""

    rgb: np.ndarray

    @cached_property
    def grey(self) -> np.ndarray:
        """float32 [H, W], 0 to 1."""
        return luminance(self.rgb)

    @cached_property
    def even(self) -> np.ndarray:
        """bool [H-1, W-1]: where neighbours differ by less than a tone and a half of 256."""
        across, down = (np.abs(np.diff(self.grey, axis=axis)) for axis in (1, 0))
        return np.asarray(across[:-1] + down[:, :-1] < 1.5 / 256)

    @property
    def flat(self) -> float:
        """Share of even pixels."""
        return float(self.even.mean())

    @property
    def common(self) -> float:
        """Share of the six commonest of 4096 colours."""
        red, green, blue = cv2.split(self.rgb >> 4)
        codes = red.astype(np.int64) << 8 | green.astype(np.int64) << 4 | blue
        return float(np.sort(np.bincount(codes.ravel()))[-6:].sum() / codes.size)

    @property
    def dark(self) -> float:
        """Share of dark tones."""
        return float((self.grey < DARK).mean())

    @property
    def paper(self) -> float:
        """Share that is light and nearly without colour."""
        colour = self.rgb.max(axis=2).astype(np.int64) - self.rgb.min(axis=2)
        return float(((self.grey > 0.6) & (colour < 51)).mean())

    @property
    def lightest(self) -> float:
        """The lightest spot of 3 x 3 pixels, 0 to 1."""
        return float(cv2.blur(self.grey, (3, 3)).max())

    @property
    def stands_out(self) -> float:
        """By how much a spot of 3 x 3 pixels differs from the middle tone at most, 0 to 1."""
        inside = _inside(self.grey)
        return float(np.abs(cv2.blur(inside, (3, 3)) - np.median(inside)).max())

    @property
    def spread(self) -> float:
        """By how much a channel differs over the picture, 0 to 1, grain and single spots left out."""
        small = cv2.resize(_inside(self.rgb), (32, 32), interpolation=cv2.INTER_AREA).reshape(-1, 3) / 255
        low, high = np.percentile(small, (1, 99), axis=0)
        return float((high - low).max())

    def behind(self, boxes: Sequence[Box]) -> float:
        """The median tone where text is, 0 to 1."""
        height, width = self.grey.shape
        places = np.zeros(self.grey.shape, dtype=bool)
        for left, top, right, bottom in boxes:
            places[int(top * height) : int(bottom * height) + 1, int(left * width) : int(right * width) + 1] = True
        return float(np.median(self.grey[places]))


def _inside(picture: np.ndarray) -> np.ndarray:
    """Without the rim, [H, W, ...]: a fiftieth of each side, where borders lie."""
    rim = max(2, max(picture.shape) // 50)
    return picture[rim:-rim, rim:-rim]


@dataclass(frozen=True)
class Seen:
    """A photo with what was read in it; its thumbnail is loaded when a sign asks for it."""

    photo: Photo
    lines: Sequence[Part]  # of text
    thumbnails: Thumbnails

    @cached_property
    def picture(self) -> Picture:
        """The thumbnail."""
        return Picture(self.thumbnails.load(self.photo.digest))

    @property
    def by_camera(self) -> bool:
        """Whether a camera wrote into the file."""
        return bool(self.photo.camera or self.photo.exposure)

    @cached_property
    def words(self) -> tuple[str, str]:
        """The folders and the file's name without accents and signs."""
        folder, _, base = self.photo.name.rpartition("/")
        first, second = (" ".join(re.sub(r"[\W_]+", " ", folded(part)).split()) for part in (folder, base))
        return first, second

    @cached_property
    def boxes(self) -> list[Box]:
        """Where text was read."""
        return [line.box for line in self.lines if line.box]


def screenshot(seen: Seen) -> Found | None:
    """By what the file, its name or its size says, where no camera wrote into it."""
    photo, (folder, name) = seen.photo, seen.words
    if seen.by_camera:
        return None
    lossless, signs = photo.format in LOSSLESS, list[str]()
    if any(folded(extra.value) == "screenshot" for extra in photo.told):
        signs.append("its file says so")
    if SCREENSHOT.search(name):
        signs.append("its name says so")
    elif lossless and SCREENSHOT.search(folder):
        signs.append("its folder says so")
    if (
        lossless
        and tuple(sorted((photo.width, photo.height))) in SCREENS
        and (signs or seen.picture.flat >= FLAT_SCREEN)
    ):
        signs.append(f"a screen has {photo.width} x {photo.height} pixels")
    clear = 1 - 0.5 ** len(signs)
    return ("screenshot", clear, f"Screenshot: {', '.join(signs)}, and no camera is named.") if signs else None


def screen(seen: Seen) -> Found | None:
    """A camera's photo of text that only screens show."""
    if not (seen.by_camera and is_page(seen.boxes)):
        return None
    shown = sum(bool(MACHINE.search(line.facts.get("text", "").lower())) for line in seen.lines)
    if shown < min(MANY_MACHINE, max(SOME_MACHINE, MACHINE_SHARE * len(seen.boxes))):
        return None
    words = f"Photo of a screen: {shown} of {len(seen.boxes)} lines in it are addresses, file names or code."
    return "screen", min(1.0, shown / len(seen.boxes)), words


def document(seen: Seen) -> Found | None:
    """A page of text, or a receipt by its name; either on white."""
    if is_page(seen.boxes) and seen.picture.paper >= PAPER and seen.picture.behind(seen.boxes) >= BEHIND:
        words = f"Document: {len(seen.boxes)} lines of text on {covered(seen.boxes):.0%} of the picture, on white."
        return "document", seen.picture.paper, words
    if BILL.search(seen.words[1]) and seen.picture.paper >= SLIP:
        return "document", 0.0, f"Document: its name says so, and {seen.picture.paper:.0%} of it is white like paper."
    return None


def graphic(seen: Seen) -> Found | None:
    """A drawing or a captioned picture under a name that messengers give."""
    if seen.by_camera or not MESSENGER.search(seen.words[1]):
        return None
    picture = seen.picture
    if picture.flat >= DRAWN_FLAT and picture.common >= DRAWN_COLOURS and picture.dark < NIGHT:
        words = f"Graphic from a messenger: six colours fill {picture.common:.0%} of it."
        return "graphic", picture.common * picture.flat, words
    large = [(top, bottom) for _, top, _, bottom in seen.boxes if bottom - top >= LETTERS]
    if not large:
        return None
    top, bottom = min(large)[0], max(end for _, end in large)
    rows = picture.even[int(top * len(picture.even)) : int(bottom * len(picture.even)) + 1]
    if (bottom <= EDGE or top >= 1 - EDGE) and float(rows.mean()) >= BAND:
        return "graphic", 0.0, f"Graphic from a messenger: {len(large)} lines of a caption beside the picture."
    return None


def black(seen: Seen) -> Found | None:
    """Nothing in it is lit."""
    photo = seen.photo
    if photo.measures.exposure >= BLACK**2 or max(photo.width, photo.height) < TINY:
        return None
    lightest = seen.picture.lightest
    if lightest >= BLACK:
        return None
    return "black", 1 - lightest / BLACK, f"Almost black: its lightest spot has {lightest:.0%} of white."


def empty(seen: Seen) -> Found | None:
    """One even tone, from which nothing stands out."""
    photo = seen.photo
    if photo.measures.contrast >= 2 * EMPTY or max(photo.width, photo.height) < TINY:
        return None
    spread = seen.picture.spread
    if spread >= EMPTY or seen.picture.stands_out >= STANDS_OUT:
        return None
    return "empty", 1 - spread / EMPTY, f"Almost empty: its tones differ by {spread:.0%} from end to end."


def blurred(seen: Seen) -> Found | None:
    """Not one edge is sharp, and neither grain, fog nor night explains it."""
    photo, measures = seen.photo, seen.photo.measures
    if measures.sharpness >= BLURRED or max(photo.width, photo.height) < LEAST_SIDE:
        return None
    if measures.noise > GRAINY or measures.contrast < FOGGY or seen.picture.dark >= NIGHT:
        return None
    words = f"Blurred: sharpness {measures.sharpness:.2f} of 1; below {BLURRED} not one edge is sharp."
    return "blurred", 1 - measures.sharpness / BLURRED, words


SIGNS = (screenshot, screen, document, graphic, black, empty, blurred)
