"""Libraries of made-up photos, read as the real ones are."""

from datetime import datetime
from pathlib import Path

from PIL import Image
from tests.helpers.pictures import save, scene

from unipic.core.settings import Settings
from unipic.library.index import StoredIndex
from unipic.library.library import Library, Update
from unipic.library.reader import INDEX
from unipic.reading.engines.inline import InlineEngine
from unipic.tools import Tools
from unipic.vision.builtin import BuiltinEncoder
from utils import index_gallery

SETTINGS = Settings()


def taken(seed: int, path: Path, when: str, width: int = 640, height: int = 480) -> Path:
    """A JPEG with a camera's time, as "2024-05-01 10:00:00"; "" for none."""
    exif = Image.Exif()
    if when:
        exif[271] = "Made up"
        exif.get_ifd(0x8769)[36867] = datetime.fromisoformat(when).strftime("%Y:%m:%d %H:%M:%S")
    return save(scene(seed, width, height), path, exif=exif.tobytes())


def read_in(library: Library, folder: Path) -> Update:
    """The folder added to the library, and its photos read."""
    index = StoredIndex(library.data / INDEX, library.thumbnails, SETTINGS.limits)
    tools = Tools(BuiltinEncoder(), None, InlineEngine(), library.thumbnails, index=index)
    try:
        return index_gallery(library.add(folder), library, tools, SETTINGS)
    finally:
        index.close()
