"""Read stars, editing programs and burst ids from an XMP packet.

Adobe's XMP specification, parts 1 and 2 (ISO 16684). Packets are untrusted: their size is limited, and a packet with a
document type is refused before any XML entity can expand or reach outside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

VERSION = 1  # raised when other values are read from a packet
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


@dataclass(frozen=True)
class Xmp:
    """What a packet says; the defaults stand for what it does not say."""

    rating: int | None = None  # stars, 1 to 5; 0: none given, -1: rejected, None: nothing is said
    programs: tuple[str, ...] = ()  # that made or changed the file, the last one first
    burst: str = ""  # of the burst it was taken in


class _Refused(Exception):
    """Ends the parsing of a hostile packet."""


@dataclass
class _Found:
    """What the parser collects: properties of the photo itself, not of the files it was made from."""

    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    agents: list[str] = field(default_factory=list)

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
        elif name == AGENT and HISTORY in parents[:5] and len(self.agents) < MAX_PROGRAMS:
            self.agents.append(value)


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
    return Xmp(_rating(found.properties), _programs(found), _identifier(found.properties.get(BURST, "")))


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


def _number(text: str) -> float | None:
    match = re.fullmatch(r"[+-]?[0-9]{1,4}(\.[0-9]{1,9})?", text.strip())
    return float(match[0]) if match else None


def _programs(found: _Found) -> tuple[str, ...]:
    developed = any(found.properties.get(name, "").strip().lower() == "true" for name in DEVELOPED)
    creator = found.properties.get(CREATOR, "")
    return tuple(filter(None, (creator, *reversed(found.agents), "Adobe Camera Raw" if developed else "")))
