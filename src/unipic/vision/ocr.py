"""Read the words in a picture: PP-OCRv6 (small) by RapidOCR, with the models in its package. Nothing is fetched.

It reads Latin letters (English, German, French, Spanish and some forty more languages), Chinese and Japanese; not
Russian, Greek, Arabic or Hebrew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from unipic.core.language import gettext_noop as N_
from unipic.vision.base import Part, failed

VERSION = 1  # raised when a picture gets other words

NAME = "pp-ocrv6-small"  # in the manifest
KIND = "text"  # of the part that a line is
LANGUAGES = N_("English, German, French, Spanish and other languages in Latin letters, Chinese and Japanese")
NOT_READ = N_("Russian, Greek, Arabic and Hebrew")

SIDE = 2000  # pixels: the long side of the pictures it gets; letters of a printed page are 15 to 25 pixels high then
# Pixels: the long side at which lines are found. Of a screenshot of 3840 x 2160 with letters of 26 pixels, 736 finds no
# line and 1280 every one; on a photo 1280 takes three times as long.
FIND_SIDE, FINE_SIDE = 736, 1280
SURE = 0.8  # of 1: the least score of a line; the less sure ones are mostly guesses at leaves, bricks and patterns
LETTERS = 3  # letters and digits of a line, at least: shorter ones are mostly noise, and no search finds them
# The letters' height that the network reads at, and how much of it is read in one picture, in pixels: some 10,000
# characters, which is more than twice a full page. A picture made to keep it busy takes half a minute.
LINE_HEIGHT = 48
MOST = 250_000
LONGEST = 150  # width to height of one line: 300 characters. Longer ones are rules and borders, and take much memory


@dataclass(frozen=True)
class Line:
    """A line of text in a picture."""

    text: str
    score: float  # 0 to 1, how sure the network is
    box: tuple[float, float, float, float]  # left, top, right, bottom as shares of the picture, 0 to 1


class WordReader:
    """A Detector whose parts are lines of text. It computes on one thread, beside what people wait for."""

    name, label, kind, key = NAME, "PP-OCRv6 small", KIND, f"ocr-{VERSION}"

    def __init__(self, find: Path, read: Path, fine: bool = False) -> None:
        """`find` and `read`: the files of the networks that find lines, and that read one. `fine`: find small ones."""
        self._find, self._read, self._side = find, read, FINE_SIDE if fine else FIND_SIDE

    @cached_property
    def _reader(self) -> Any:
        from rapidocr import RapidOCR

        return RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,  # takes some upright lines for upside-down ones; pictures are upright here
                "Det.model_path": str(self._find),
                "Det.limit_type": "max",
                "Det.limit_side_len": self._side,
                "Rec.model_path": str(self._read),
                "Rec.rec_batch_num": 1,  # several lines at once are padded to the longest, which takes time and memory
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    def find(self, pictures: Sequence[np.ndarray]) -> list[list[Part]]:
        """See Detector.find. A picture that breaks it has one part of the kind FAILED, with the reason."""
        return [list(self._parts(picture)) for picture in pictures]

    def _parts(self, picture: np.ndarray) -> Iterator[Part]:
        try:
            lines = self.read(picture)
        except Exception as error:  # whatever the networks and the geometry between them raise for an odd picture
            yield failed(" ".join(str(error).split())[-120:] or type(error).__name__)
            return
        for number, line in enumerate(lines):
            facts = {"text": line.text, "score": round(line.score, 3)}
            yield Part(f"{KIND} {number:04}", KIND, line.box, facts=facts)

    def read(self, picture: np.ndarray) -> list[Line]:
        """uint8 [H, W, 3] RGB, best at a long side of SIDE -> its lines, top to bottom."""
        boxes, pieces = self._lines(np.ascontiguousarray(picture[..., ::-1]))
        if not pieces:
            return []
        found = self._reader.recognize_txt(pieces)
        height, width = picture.shape[:2]
        lines = [
            Line(" ".join(text.split()), float(score), _shares(box, width, height))
            for box, text, score in zip(boxes, found.txts, found.scores, strict=True)
        ]
        return [line for line in lines if line.score >= SURE and sum(map(str.isalnum, line.text)) >= LETTERS]

    def _lines(self, picture: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """uint8 [H, W, 3] BGR -> corners, float32 [4, 2], and upright pictures of the lines that are to be read."""
        from rapidocr.main import RapidOCRError

        done: dict[str, Any] = {}
        try:
            pieces, found = self._reader.detect_and_crop(picture, done)
        except RapidOCRError:  # there are no lines
            return [], []
        above = done["padding_1"]["top"]
        lines = [(box - (0, above), piece) for box, piece in zip(found.boxes, pieces, strict=True)]
        kept, left = [], MOST
        for box, piece in lines:
            ratio = piece.shape[1] / piece.shape[0]
            left -= int(LINE_HEIGHT * ratio) if ratio <= LONGEST else 0
            if ratio <= LONGEST and left >= 0:
                kept.append((box, piece))
        return [box for box, _ in kept], [piece for _, piece in kept]


def _shares(box: np.ndarray, width: int, height: int) -> tuple[float, float, float, float]:
    across, down = np.clip(box / (width, height), 0, 1).T
    left, top, right, bottom = (round(float(end), 4) for end in (across.min(), down.min(), across.max(), down.max()))
    return left, top, right, bottom
