"""What a film's picture says of itself, put into its JPEG or PNG without coding it again."""

import hashlib
import struct
import zlib
from datetime import timedelta
from xml.sax.saxutils import quoteattr

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from unipic.video.film import Film
from unipic.video.gathered import FilmFrame
from unipic.video.shots import Shot

SOFTWARE = "Unipic"
LARGEST = 65_533  # bytes that a segment of a JPEG can hold
XMP_NAME, PNG_XMP = b"http://ns.adobe.com/xap/1.0/\0", b"XML:com.adobe.xmp\0\0\0\0\0"
PNG_HEAD = 33  # bytes: the signature and IHDR


def stamped(coded: bytes, film: Film, frame: FilmFrame, shot: Shot) -> bytes:
    """The picture with EXIF (when, where, a name of its own) and XMP (from which film, at which time)."""
    exif, xmp = _exif(film, frame), _xmp(film, frame, shot)
    if coded.startswith(b"\x89PNG"):
        chunks = _chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")) + _chunk(b"iTXt", PNG_XMP + xmp)
        return coded[:PNG_HEAD] + chunks + coded[PNG_HEAD:]
    return coded[:2] + _segment(exif) + _segment(XMP_NAME + xmp) + coded[2:]


def unique_id(film: Film, frame: FilmFrame) -> str:
    """32 hexadecimal digits: the same for the same frame of the same film."""
    return hashlib.sha256(f"{film.digest} {frame.candidate.pts}".encode()).hexdigest()[:32]


def _exif(film: Film, frame: FilmFrame) -> bytes:
    exif = Image.Exif()
    exif[Base.Software] = SOFTWARE
    its = exif.get_ifd(IFD.Exif)
    its[Base.ImageUniqueID] = unique_id(film, frame)
    if film.taken:
        when = film.taken + timedelta(seconds=frame.candidate.seconds)
        its[Base.DateTimeOriginal] = f"{when:%Y:%m:%d %H:%M:%S}"
        its[Base.SubsecTimeOriginal] = f"{when.microsecond // 1000:03}"
        its[Base.OffsetTimeOriginal] = f"{when:%z}"[:3] + ":" + f"{when:%z}"[3:5]
    if film.place:
        north, east = film.place
        place = exif.get_ifd(IFD.GPSInfo)
        place[GPS.GPSLatitudeRef], place[GPS.GPSLatitude] = "N" if north >= 0 else "S", _degrees(abs(north))
        place[GPS.GPSLongitudeRef], place[GPS.GPSLongitude] = "E" if east >= 0 else "W", _degrees(abs(east))
    return exif.tobytes()


def _degrees(value: float) -> tuple[float, float, float]:
    minutes = value % 1 * 60
    return float(int(value)), float(int(minutes)), round(minutes % 1 * 60, 2)


def _xmp(film: Film, frame: FilmFrame, shot: Shot) -> bytes:
    # Bytes of a name that are no text, and letters that XML does not have, become question marks.
    name = "".join(letter if letter.isprintable() else "?" for letter in film.name)
    facts = {
        "dc:source": name,
        "unipic:filmSha256": film.digest,
        "unipic:pts": str(frame.candidate.pts),
        "unipic:seconds": f"{frame.candidate.seconds:.3f}",
        "unipic:shot": f"{shot.number}: {shot.start:.3f} to {shot.end:.3f} s",
    }
    if frame.candidate.note:
        facts["unipic:note"] = frame.candidate.note
    described = " ".join(f"{key}={quoteattr(value)}" for key, value in facts.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:unipic="urn:unipic:film" {described}/>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode(errors="replace")


def _segment(data: bytes) -> bytes:
    """APP1 of a JPEG; nothing for what does not fit, as a name of 60 kB."""
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data if len(data) <= LARGEST else b""


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
