"""Words in pictures: how many are read in rendered pages, screens and photos, and the processor time of each."""

import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from unipic.core.folding import folded
from unipic.core.settings import PROJECT
from unipic.vision.ocr import LETTERS, SIDE, WordReader
from unipic.vision.registry import open_words

FONTS = ("DejaVuSans.ttf", "DejaVuSerif.ttf")  # Debian: fonts-dejavu-core
PAGES = 3  # of each kind
SENTENCES = {
    "English": "The ferry to the northern islands leaves at noon; tickets are sold on board, children travel free and "
    "bicycles cost three pounds each way. Please keep this receipt until the end of your journey.",
    "German": "Für die Überfahrt nach Helgoland genügt ein gültiger Ausweis; Hunde müssen während der Fahrt angeleint "
    "bleiben. Größere Gepäckstücke dürfen höchstens zwanzig Kilo wiegen und kosten fünf Euro Gebühr.",
    "French": "Le musée est fermé à Noël et à Pâques; les élèves entrent gratuitement avec leur maître. Après la "
    "visite, goûtez une crème brûlée au café près de la forêt, où l'été ne finit jamais très tôt.",
    "Spanish": "El señor Muñoz cruzó la montaña en otoño; según él, ningún camino está más lejos que mañana. También "
    "añadió que la última estación tenía jardín, corazón y una canción en español.",
    "Russian": "Паром отправляется в полдень, билеты продаются на борту, дети едут бесплатно, собаки на поводке.",
    "Greek": "Το πλοίο φεύγει το μεσημέρι, τα εισιτήρια πωλούνται στο λιμάνι και τα παιδιά ταξιδεύουν δωρεάν.",
}
LETTER_SIZES = (28, 18, 13)


@dataclass(frozen=True)
class Drawn:
    """A picture with the words in it."""

    picture: Image.Image
    words: tuple[str, ...]


def run(_: int = 0) -> None:
    """Print all tables."""
    plain, fine = open_words(), open_words(fine=True)
    plain.read(np.asarray(_page("English", 28, 0).picture))  # both networks are loaded
    fine.read(np.asarray(_page("English", 28, 0).picture))
    print("| text | letters | straight | warped and blurred |\n|---|---:|---:|---:|")
    for language in SENTENCES:
        for size in LETTER_SIZES:
            pages = [_page(language, size, seed) for seed in range(PAGES)]
            warped = [Drawn(_worn(page.picture, seed), page.words) for seed, page in enumerate(pages)]
            straight, worn = (_recall(plain, some) for some in (pages, warped))
            print(f"| {language} | {size} px | {straight:.1%} | {worn:.1%} |")
    print("\n| picture | looked for lines at | words found | seconds of one core |\n|---|---|---:|---:|")
    _timed("page of 600 words, 1240 x 1754", _dense(1240, 1754, 18), plain, fine)
    _timed("telephone's screen, 1170 x 2532, letters of 33 px", _dense(1170, 2532, 33), plain, fine)
    _timed("computer's screen, 1920 x 1080, letters of 15 px", _dense(1920, 1080, 15), plain, fine)
    _timed("computer's screen, 3840 x 2160, letters of 26 px", _dense(3840, 2160, 26), plain, fine)
    _photos(plain)
    print(f"\nPeak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB.")


def _timed(name: str, drawn: Drawn, plain: WordReader, fine: WordReader) -> None:
    for label, reader in (("736 px", plain), ("1280 px", fine)):
        start = time.process_time()
        recall = _recall(reader, [drawn])
        print(f"| {name} | {label} | {recall:.1%} | {time.process_time() - start:.2f} |")


def _photos(reader: WordReader) -> None:
    """Seconds for a photo without text, and for real ones where they are at hand."""
    folder = PROJECT.parent / "shared" / "photos" / "gallery_dev"
    files = sorted(folder.rglob("*.jpg"))[:40] if folder.is_dir() else []
    seconds, lines = [], 0
    for file in files:
        with Image.open(file) as image:
            image.thumbnail((SIDE, SIDE))
            picture = np.asarray(image.convert("RGB"))
        start = time.process_time()
        lines += len(reader.read(picture))
        seconds.append(time.process_time() - start)
    if files:
        print(f"| {len(files)} real photos, {lines} lines in them | 736 px | not labelled | {mean(seconds):.2f} each |")
    else:
        print(f"\nReal photos were not measured: there is no {folder}.")


def _recall(reader: WordReader, pages: Sequence[Drawn]) -> float:
    """The share of words of LETTERS letters or more that occur in what was read, accents and capitals aside."""
    found = total = 0
    for page in pages:
        image = page.picture.copy()
        image.thumbnail((SIDE, SIDE))
        read = folded(" ".join(line.text for line in reader.read(np.asarray(image)))).split()
        pool = [word.strip(".,;") for word in read]
        for word in page.words:
            total += 1
            if word in pool:
                pool.remove(word)
                found += 1
    return found / total


def _page(language: str, size: int, seed: int) -> Drawn:
    """A sentence in lines, black on nearly white."""
    return _written(SENTENCES[language].split(), size, (1080, 760), FONTS[seed % len(FONTS)])


def _dense(width: int, height: int, size: int) -> Drawn:
    """A whole picture full of words, in the order of chance."""
    words = [word for language in ("English", "German", "French", "Spanish") for word in SENTENCES[language].split()]
    rng = np.random.default_rng(size)
    return _written([str(rng.choice(words)) for _ in range(3000)], size, (width, height), FONTS[0])


def _written(words: Sequence[str], size: int, area: tuple[int, int], font: str) -> Drawn:
    picture = Image.new("RGB", area, (250, 249, 246))
    draw, letters = ImageDraw.Draw(picture), ImageFont.truetype(font, size)
    put = []
    for word, left, top in _placed(words, letters, area):
        draw.text((left, top), word, font=letters, fill=(30, 30, 34))
        put.append(folded(word).strip(".,;"))
    return Drawn(picture, tuple(word for word in put if len(word) >= LETTERS))


def _placed(
    words: Sequence[str], letters: ImageFont.FreeTypeFont, area: tuple[int, int]
) -> Iterator[tuple[str, float, float]]:
    """Each word with its place, as long as there is room."""
    margin, step = 50, int(letters.size * 1.6)
    left, top = float(margin), margin
    for word in words:
        if left + letters.getlength(word) > area[0] - margin:
            left, top = float(margin), top + step
        if top + step > area[1] - margin:
            return
        yield word, left, top
        left += letters.getlength(f"{word} ")


def _worn(picture: Image.Image, seed: int) -> Image.Image:
    """As photographed by hand: seen from an angle, a little out of focus, unevenly lit."""
    rng = np.random.default_rng(seed)
    width, height = picture.size
    corners = [(0, 0), (0, height), (width, height), (width, 0)]
    quad = [float(end + rng.uniform(-0.03, 0.03) * side) for x, y in corners for end, side in ((x, width), (y, height))]
    seen = picture.transform(picture.size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC, fillcolor=(90, 80, 70))
    light = np.linspace(0.7, 1.0, width)[None, :, None]
    lit = (np.asarray(seen.filter(ImageFilter.GaussianBlur(0.7))) * light).astype(np.uint8)
    return Image.fromarray(lit)
