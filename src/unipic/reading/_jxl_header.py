"""The header of a JPEG XL codestream, read without decoding anything.

By ISO/IEC 18181-1, annexes C to E. The bytes are untrusted: a header that ends early raises EOFError.
"""

from dataclasses import dataclass

from unipic.core.language import kept

SIGN = b"\xff\x0a"
MOST_CHANNELS = 64  # besides the colours; more are no photo
RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))  # of width to height
SIDEWAYS = 5  # the first orientation that swaps width and height
ALPHA, DEPTH, BLACK = 0, 1, 4  # kinds of extra channels
GREY, XYB, CUSTOM = 1, 2, 2  # colour spaces; a white point or primaries of the file's own
# How whole numbers are coded: four pairs of a start and a number of bits, chosen by two bits.
SIDE = ((1, 9), (1, 13), (1, 18), (1, 30))
ENUM = ((0, 0), (1, 0), (2, 4), (18, 6))
WHOLE_BITS, FLOAT_BITS = ((8, 0), (10, 0), (12, 0), (1, 6)), ((32, 0), (16, 0), (24, 0), (1, 6))
CHANNELS, SHIFT, NAME = (
    ((0, 0), (1, 0), (2, 4), (1, 12)),
    ((0, 0), (3, 0), (4, 0), (1, 3)),
    ((0, 0), (0, 4), (16, 5), (48, 10)),
)
FILTERS = ((1, 0), (0, 2), (3, 4), (19, 8))  # a colour filter's number
PLACE = ((0, 19), (524_288, 19), (1_048_576, 20), (2_097_152, 21))  # of a colour, in millionths
TICKS = (
    ((100, 0), (1000, 0), (1, 10), (1, 30)),
    ((1, 0), (1001, 0), (1, 8), (1, 10)),
    ((0, 0), (0, 3), (0, 16), (0, 32)),
)
PREVIEW_EIGHTHS, PREVIEW_SIDE = ((16, 0), (32, 0), (1, 5), (33, 9)), ((1, 6), (65, 8), (321, 10), (1345, 12))


@dataclass(frozen=True)
class Header:
    """What a codestream says of its picture."""

    width: int  # pixels, upright
    height: int
    bits: int = 8  # of a colour
    grey: bool = False
    animated: bool = False
    channels: tuple[int, ...] = ()  # kinds of the extra channels
    primaries: int = 1  # by CICP, ITU-T H.273: 1 is sRGB's
    transfer: int = 13  # by CICP: 13 is sRGB's

    @property
    def alpha(self) -> bool:
        """Whether the picture has transparency."""
        return ALPHA in self.channels


class _Bits:
    """Numbers from a stream of bits, the lowest bit of a byte first."""

    def __init__(self, data: bytes) -> None:
        self._number, self._length, self._at = int.from_bytes(data, "little"), 8 * len(data), 0

    def take(self, bits: int) -> int:
        if self._at + bits > self._length:
            raise EOFError(kept("its header ends early"))
        found = self._number >> self._at & ((1 << bits) - 1)
        self._at += bits
        return found

    def one_of(self, ways: tuple[tuple[int, int], ...]) -> int:
        start, bits = ways[self.take(2)]
        return start + self.take(bits)


def read_header(codestream: bytes) -> Header:
    """The header at the start of a codestream, of which a few hundred bytes suffice. EOFError, ValueError."""
    if codestream[:2] != SIGN:
        raise ValueError(kept("its JPEG XL data ends early or is missing"))
    bits = _Bits(codestream[2:])
    width, height = _size(bits)
    if bits.take(1):  # all as usual
        return Header(width, height)
    orientation, animated = 1, False
    if bits.take(1):
        orientation = 1 + bits.take(3)
        if bits.take(1):
            _size(bits)  # at which it should be shown
        if bits.take(1):
            _preview(bits)
        if animated := bool(bits.take(1)):
            _animation(bits)
    deep = _depth(bits)
    bits.take(1)
    channels = tuple(_channel(bits) for _ in range(_few(bits.one_of(CHANNELS))))
    bits.take(1)
    grey, primaries, transfer = _colours(bits)
    if orientation >= SIDEWAYS:
        width, height = height, width
    return Header(width, height, deep, grey, animated, channels, primaries, transfer)


def _few(channels: int) -> int:
    if channels > MOST_CHANNELS:
        raise ValueError(kept("it has {channels} extra channels", channels=channels))
    return channels


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.take(1)
    height = 8 * (1 + bits.take(5)) if small else bits.one_of(SIDE)
    if ratio := bits.take(3):
        across, down = RATIOS[ratio - 1]
        return height * across // down, height
    return (8 * (1 + bits.take(5)) if small else bits.one_of(SIDE)), height


def _preview(bits: _Bits) -> None:
    ways = PREVIEW_EIGHTHS if bits.take(1) else PREVIEW_SIDE
    bits.one_of(ways)
    if not bits.take(3):
        bits.one_of(ways)


def _animation(bits: _Bits) -> None:
    for ways in TICKS:
        bits.one_of(ways)
    bits.take(1)


def _depth(bits: _Bits) -> int:
    if not bits.take(1):
        return bits.one_of(WHOLE_BITS)
    found = bits.one_of(FLOAT_BITS)
    bits.take(4)
    return found


def _channel(bits: _Bits) -> int:
    """The kind of an extra channel."""
    if bits.take(1):
        return ALPHA
    kind = bits.one_of(ENUM)
    _depth(bits)
    bits.one_of(SHIFT)
    for _ in range(bits.one_of(NAME)):
        bits.take(8)
    if kind == ALPHA:
        bits.take(1)
    elif kind == 2:  # a spot colour
        bits.take(4 * 16)
    elif kind == 5:
        bits.one_of(FILTERS)
    return kind


def _colours(bits: _Bits) -> tuple[bool, int, int]:
    """(whether it is grey, primaries, transfer); a profile's are 2, unspecified, since only the decoder reads it."""
    if bits.take(1):
        return False, 1, 13
    profile, space = bits.take(1), bits.one_of(ENUM)
    if profile:
        return space == GREY, 2, 2
    primaries = 1
    if space != XYB and bits.one_of(ENUM) == CUSTOM:
        _places(bits, 1)
    if space not in (GREY, XYB):
        primaries = bits.one_of(ENUM)
        if primaries == CUSTOM:
            _places(bits, 3)
    if bits.take(1):
        bits.take(24)  # a gamma
        return space == GREY, primaries, 2
    return space == GREY, {11: 12}.get(primaries, primaries), bits.one_of(ENUM)


def _places(bits: _Bits, number: int) -> None:
    for _ in range(2 * number):
        bits.one_of(PLACE)
