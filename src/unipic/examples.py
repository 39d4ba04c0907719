"""Pictures that are searched by: read as photos are, and nothing of them is kept."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from unipic.core.errors import SourceError
from unipic.core.face import Face
from unipic.core.language import gettext as _, retold
from unipic.core.photo import Found, Unreadable
from unipic.core.settings import Settings
from unipic.people.selfie import clear_faces
from unipic.reading.images import load_thumbnail
from unipic.search.search import Example
from unipic.tools import Tools


def examples_in(files: Sequence[Found], wanted: bool, tools: Tools, settings: Settings) -> Iterator[Example]:
    """Pictures to search by, read as photos are. SourceError for a file that is none. Nothing of them is stored."""
    for one in tools.seeing(settings)(files):
        if isinstance(one, Unreadable):
            raise SourceError(_("{name} cannot be searched by: it {reason}", name=one.name, reason=retold(one.reason)))
        yield Example(one.photo, one.vector, one.thumbnail, wanted)


def faces_in_picture(path: Path, tools: Tools, settings: Settings) -> list[Face]:
    """The clear faces in a picture, the largest first; nothing is kept. SourceError if there is none; ModelError."""
    if not path.is_file():
        raise SourceError(_("{path} is not a file", path=path))
    for one in tools.seeing(settings)([Found(str(path), path.name, str(path), path.stat().st_size)]):
        if isinstance(one, Unreadable):
            raise SourceError(_("{name} cannot be used: it {reason}", name=one.name, reason=retold(one.reason)))
        if found := clear_faces(load_thumbnail(one.thumbnail)):
            return found
    raise SourceError(_("{name} shows no face that is clear enough to compare", name=path.name))
