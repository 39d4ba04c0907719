"""Drawn faces that the finder of faces takes for faces: nobody's, so that tests need no photo of anyone."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SKINS = ((224, 184, 156), (198, 148, 112), (140, 96, 70), (240, 208, 186), (110, 74, 54))
HAIRS = ((60, 42, 30), (24, 20, 18), (150, 110, 60), (90, 84, 80), (120, 60, 34))


def face(seed: int = 0, size: int = 240) -> Image.Image:
    """A face that fills about two thirds of a square; another seed is another face."""
    rng = np.random.default_rng(seed)
    skin, hair = SKINS[seed % len(SKINS)], HAIRS[seed * 3 % len(HAIRS)]
    shift = rng.uniform(-1, 1, 8)
    big = 4 * 120  # drawn at one size, then scaled
    picture = Image.new("RGB", (big, big), tuple(int(x) for x in rng.integers(90, 170, 3)))
    draw = ImageDraw.Draw(picture)

    def ellipse(x: float, y: float, across: float, down: float, colour: tuple[int, ...]) -> None:
        box = [big * end for end in (x - across, y - down, x + across, y + down)]
        draw.ellipse(box, fill=colour)

    def shade(factor: float) -> tuple[int, ...]:
        return tuple(min(255, int(part * factor)) for part in skin)

    wide, long = 0.235 + 0.015 * shift[0], 0.32 + 0.02 * shift[1]
    eyes, apart = 0.46 + 0.01 * shift[2], 0.105 + 0.012 * shift[3]
    nose, mouth = 0.585 + 0.01 * shift[4], 0.69 + 0.012 * shift[5]
    ellipse(0.5, 1.05, 0.42, 0.22, (70, 80, 110))
    draw.rectangle([big * 0.42, big * 0.7, big * 0.58, big * 0.95], fill=shade(0.85))
    ellipse(0.5, 0.46, wide + 0.05, long + 0.04, hair)
    ellipse(0.5, 0.52, wide, long, skin)
    ellipse(0.5, 0.25, wide - 0.02, 0.08 + 0.02 * shift[6], hair)
    for side in (-1, 1):
        x = 0.5 + side * apart
        ellipse(x, eyes, 0.06, 0.036, shade(0.78))
        ellipse(x, eyes, 0.048, 0.022, (242, 240, 236))
        ellipse(x, eyes, 0.02, 0.021, (54, 40, 30))
        draw.arc([big * (x - 0.065), big * (eyes - 0.085), big * (x + 0.065), big * (eyes - 0.02)], 200, 340, hair, 9)
        ellipse(0.5 + side * 0.026, nose + 0.012, 0.012, 0.008, shade(0.55))
    corners = ((0.5, eyes + 0.02), (0.54, nose), (0.46, nose))
    draw.polygon([(big * x, big * y) for x, y in corners], fill=shade(0.9))
    ellipse(0.5, mouth, 0.085 + 0.01 * shift[7], 0.028, (168, 82, 84))
    draw.line([(big * 0.42, big * mouth), (big * 0.58, big * mouth)], fill=(96, 42, 44), width=5)
    soft = picture.filter(ImageFilter.GaussianBlur(4))
    lit = np.asarray(soft, np.float32) * np.linspace(1.08, 0.85, big)[None, :, None] + rng.normal(0, 4, (big, big, 1))
    return Image.fromarray(lit.clip(0, 255).astype(np.uint8)).resize((size, size), Image.Resampling.LANCZOS)


def group(places: dict[tuple[int, int, int], int], width: int = 640, height: int = 480) -> Image.Image:
    """Faces on a plain wall: (left, top, size of the square) -> seed."""
    picture = Image.new("RGB", (width, height), (150, 152, 148))
    for (left, top, size), seed in places.items():
        picture.paste(face(seed, size), (left, top))
    return picture
