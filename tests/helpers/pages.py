"""Pictures with text, in the font of Streamlit, which has accents; Pillow's own has none."""

from collections.abc import Sequence
from pathlib import Path

import streamlit
from PIL import Image, ImageDraw, ImageFont

(FONT,) = Path(streamlit.__file__).parent.rglob("SourceSansVF-Upright*.woff2")


def page(lines: Sequence[str], size: int = 28, width: int = 800, height: int = 500, top: int = 60) -> Image.Image:
    """Black lines on white, letters of `size` pixels, the first line `top` pixels from the top."""
    picture = Image.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.truetype(str(FONT), size)
    for number, line in enumerate(lines):
        draw.text((40, top + number * int(1.8 * size)), line, font=font, fill="black")
    return picture
