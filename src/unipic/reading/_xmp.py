"""Read stars, editing programs, burst ids, places and what people wrote from an XMP packet.

Adobe's XMP specification, parts 1 and 2 (ISO 16684). Packets are untrusted: their size is limited, and a packet with a
document type is refused before any XML entity can expand or reach outside.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

VERSION = 2  # raised when other values are read from a packet
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
XMP = "http://ns.adobe.com/xap/1.0/ "
CAMERA_RAW = "http://ns.adobe.com/camera-raw-settings/1.0/ "
EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent# "
HISTORY = "http://ns.adobe.com/xap/1.0/mm/ History"
RATING, CREATOR, AGENT = XMP + "Rating", XMP + "CreatorTool", EVENT + "softwareAgent"
STARS_IN_PERCENT = ("http://ns.microsoft.com/photo/1.0/ Rating", "http://ns.microsoft.com/photo/1.0 Rating")
DEVELOPED = (CAMERA_RAW + "HasSettings", CAMERA_RAW + "AlreadyApplied")
BURST = "http://ns.google.com/photos/1.0/camera/ BurstID"
LARGEST = 1_000_000  # bytes; packets with a full history and brush strokes reach some hundred kB
MAX_PROGRAMS = 200  # programs of a history that are read
MAX_WORDS = 1000  # of one packet: keywords, names and captions in all languages
DC, PHOTOSHOP = "http://purl.org/dc/elements/1.1/ ", "http://ns.adobe.com/photoshop/1.0/ "
EXIF = "http://ns.adobe.com/exif/1.0/ "
LATITUDE, LONGITUDE = EXIF + "GPSLatitude", EXIF + "GPSLongitude"
LISTS = (RDF + "Bag", RDF + "Seq", RDF + "Alt")
# What people write, by the kind of extra it is.
WRITTEN = {
    **{DC + name: "caption" for name in ("description", "title")},
    **{PHOTOSHOP + name: "caption" for name in ("Headline", "Instructions")},
    **{DC + "subject": "keywords", "http://ns.adobe.com/lightroom/1.0/ hierarchicalSubject": "keywords"},
    **{"http://www.digikam.org/ns/1.0/ TagsList": "keywords", XMP + "Label": "label"},
    **{DC + "creator": "creator", PHOTOSHOP + "Credit": "creator", DC + "rights": "copyright"},
    **{PHOTOSHOP + name: "location" for name in ("City", "State", "Country")},
    **{"http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/ Location": "location", EXIF + "UserComment": "note"},
}
# Names beside faces, by the Metadata Working Group and by Microsoft, however deep they lie.
PEOPLE = (
    "http://www.metadataworkinggroup.com/schemas/regions/ Name",
    "http://ns.microsoft.com/photo/1.2/t/Region# PersonDisplayName",
)


@dataclass(frozen=True)
class Xmp:
    """What a packet says; the defaults stand for what it does not say."""

    rating: int | None = None  # stars, 1 to 5; 0: none given, -1: rejected, None: nothing is said
    programs: tuple[str, ...] = ()  # that made or changed the file, the last one first
    burst: str = ""  # of the burst it was taken in
    place: tuple[float, float] | None = None  # latitude, longitude in degrees
    written: tuple[tuple[str, str], ...] = ()  # what people wrote: its kind and the text


class _Refused(Exception):
    """Ends the parsing of a hostile packet."""


@dataclass
class _Found:
    """What the parser collects: properties of the photo itself, not of the files it was made from."""

    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    agents: list[str] = field(default_factory=list)
    written: list[tuple[str, str]] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.path.append(name)
        self.text.clear()
        for key, value in attributes.items():
            self.take(self.path, key, value)

    def end(self, name: str) -> None:
        self.path.pop()
        self.take(self.path, name, "".join(self.text))
        self.text.clear()

    def take(self, parents: list[str], name: str, value: str) -> None:
        """Record a property; XMP may write it as an attribute or as an element."""
        if parents[-2:] == [RDF + "RDF", RDF + "Description"]:
            self.properties.setdefault(name, value)
        if len(self.written) < MAX_WORDS:
            self.write(parents, name, value)
        if name == AGENT and HISTORY in parents[:5] and len(self.agents) < MAX_PROGRAMS:
            self.agents.append(value)

    def write(self, parents: list[str], name: str, value: str) -> None:
        """Record what people wrote: a property, the members of its list, or a name beside a face."""
        of = parents[-2] if name == RDF + "li" and len(parents) > 1 and parents[-1] in LISTS else name
        above = parents[:-2] if of != name else parents
        if name in PEOPLE:
            self.written.append(("people", value))
        elif of in WRITTEN and above[-2:] == [RDF + "RDF", RDF + "Description"]:
            self.written.append((WRITTEN[of], value))


def read_xmp(packet: object) -> Xmp:
    """What an XMP packet (UTF-8, bytes or text) says. A broken, oversized or hostile packet says nothing."""
    data = packet.encode("utf-8", "replace") if isinstance(packet, str) else packet
    if not isinstance(data, bytes) or not 0 < len(data) <= LARGEST:
        return Xmp()
    found = _Found()
    # A fixed encoding: the packet could name any that Python knows.
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler = found.start, found.end
    parser.CharacterDataHandler = found.text.append
    try:
        parser.Parse(data.rstrip(b"\0 \t\r\n"), True)
    except (expat.ExpatError, _Refused):
        return Xmp()
    burst = _identifier(found.properties.get(BURST, ""))
    return Xmp(_rating(found.properties), _programs(found), burst, _place(found.properties), tuple(found.written))


def _refuse(*_: object) -> None:
    raise _Refused


def _rating(properties: dict[str, str]) -> int | None:
    """Stars, -1 to 5. Adobe's stars win over Microsoft's percent."""
    stars = _number(properties.get(RATING, ""))
    if stars is not None and -1 <= stars <= 5:
        return int(stars)
    percents = (percent for name in STARS_IN_PERCENT if (percent := _number(properties.get(name, ""))) is not None)
    return next((stars_of(percent) for percent in percents), None)


def stars_of(percent: float) -> int | None:
    """0 to 5 stars for Microsoft's percent: Windows writes 1, 25, 50, 75 and 99. None outside 0 to 100."""
    if not 0 <= percent <= 100:
        return None
    return min(5, 1 + round(percent / 25)) if percent else 0


def _identifier(text: str) -> str:
    return text.strip() if len(text) <= 80 and text.isprintable() else ""


def _place(properties: dict[str, str]) -> tuple[float, float] | None:
    """The place as XMP writes it: "45,30.5N" or "45,30,30N"."""
    latitude, longitude = (_degrees(properties.get(name, "")) for name in (LATITUDE, LONGITUDE))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return (latitude, longitude) if latitude or longitude else None


def _degrees(text: str) -> float | None:
    match = re.fullmatch(r"([0-9]{1,3}),([0-9]{1,2}(?:\.[0-9]{1,12})?)(?:,([0-9]{1,2}))?([NSEW])", text.strip())
    if not match:
        return None
    value = float(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
    return -value if match[4] in "SW" else value


def _number(text: str) -> float | None:
    match = re.fullmatch(r"[+-]?[0-9]{1,4}(\.[0-9]{1,9})?", text.strip())
    return float(match[0]) if match else None


def _programs(found: _Found) -> tuple[str, ...]:
    developed = any(found.properties.get(name, "").strip().lower() == "true" for name in DEVELOPED)
    creator = found.properties.get(CREATOR, "")
    return tuple(filter(None, (creator, *reversed(found.agents), "Adobe Camera Raw" if developed else "")))
