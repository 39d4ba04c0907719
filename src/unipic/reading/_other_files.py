"""Files that are no photos, told by how they begin."""

from unipic.core.language import kept
from unipic.reading._jp2 import is_jp2

STILLS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis")


def what_it_is(head: bytes) -> str:
    """What content is that is no photo, for its owner; `head`: its first bytes."""
    signs = (
        (head[4:8] == b"ftyp" and head[8:12] in STILLS, kept("is a damaged HEIC/AVIF")),
        (head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"), kept("is a video, not a photo")),
        (head[:4] == b"RIFF" and head[8:12] == b"AVI ", kept("is a video, not a photo")),
        (head[:4] == b"\x1aE\xdf\xa3", kept("is a video, not a photo")),
        (head[:4] == b"%PDF", kept("is a PDF document, not a photo")),
        (head[:4] == b"%!PS", kept("is PostScript, which Unipic does not run")),
        (head[:4] == b"PK\x03\x04", kept("is a ZIP archive, not a photo; give it by itself to have it looked into")),
        (b"<svg" in head.lower(), kept("is an SVG drawing, not a photo")),
        (b"<html" in head.lower() or b"<script" in head.lower(), kept("is a web page, not a photo")),
        (head[:3] == b"\xff\xd8\xff", kept("is a damaged JPEG")),
        (head[:2] == b"\xff\xd8", kept("is a JPEG with nothing in it")),
        (head[:8] == b"\x89PNG\r\n\x1a\n", kept("is a damaged PNG")),
        (is_jp2(head), kept("is a damaged JPEG 2000")),
    )
    return next((words for matches, words in signs if matches), kept("is not in any photo format Unipic knows"))
