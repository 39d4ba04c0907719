"""The two photographs that come with scikit-learn. They stand still whatever the moment."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageFilter

from unipic.core.errors import SourceError
from unipic.core.language import gettext as _, retold
from unipic.core.settings import INSTALL, Limits
from unipic.reading.images import decode
from unipic.sources.scenes.painting import SIZE


def temple(t: float) -> Image.Image:
    """A pagoda of the Summer Palace in Beijing."""
    return _enlarged("china.jpg")


def flower(t: float) -> Image.Image:
    """A dahlia."""
    return _enlarged("flower.jpg")


@lru_cache(maxsize=1)
def _enlarged(name: str) -> Image.Image:
    package = find_spec("sklearn")  # looked up, not imported: that would take longer than all the rest
    if package is None or package.origin is None:
        raise SourceError(_("the sample photos need scikit-learn: {install}", install=retold(INSTALL)))
    small = decode(str(Path(package.origin).parent / "datasets" / "images" / name), max(SIZE), Limits()).picture
    return small.resize(SIZE, Image.Resampling.LANCZOS).filter(ImageFilter.UnsharpMask(2, 60, 2))
