"""Find the things in a picture: SAM, from a checkpoint that a person put into the models folder.

Each thing is then seen by the search's text encoder as a picture of its own, with what is around it blurred.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from unipic.core.progress import silent
from unipic.vision._checkpoints import quiet
from unipic.vision.base import Part, TextEncoder
from unipic.vision.device import pick_device, use_threads
from unipic.vision.loading import Loaded
from unipic.vision.manifest import sha256

FOLDER, WEIGHTS = "sam", "model.safetensors"  # of transformers' SamModel, in the models folder
VERSION = 1  # raised when other things are found with the same weights, or their vectors change

KIND = "segment"  # of the part that a thing is
SIDE = 1024  # pixels: the long side of SAM's own input
GRID = 8  # points asked about, across and down: every thing of a sixty-fourth of the picture has one, if it is compact
BATCH = 16  # points at a time
# As segment_anything chooses: the least quality that SAM gives itself, how much of a thing stays when its edge is drawn
# tighter by OFFSET than looser, and how much of two things is shared before they are one.
SURE, STABLE, OFFSET, SHARED = 0.88, 0.95, 1.0, 0.7
LEAST, LARGEST = 0.01, 0.9  # shares of the picture: smaller things say little, larger ones are the picture
MOST = 16  # things of one picture, the largest: each takes as much memory in a search as a photo
BLUR = 21  # pixels: the kernel of the blur around a thing, so that it is seen where it is, and counts more
MARGIN = 0.1  # of a thing's box, seen around it
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of SAM's training data, RGB


@dataclass(frozen=True, eq=False)
class Thing:
    """A thing that SAM found."""

    mask: np.ndarray  # bool [H, W], coarser than the picture
    score: float  # 0 to 1, how good SAM thinks the mask is

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom as shares of the picture."""
        at, size = np.argwhere(self.mask)[:, ::-1], self.mask.shape[::-1]
        left, top, right, bottom = (round(float(end), 4) for end in (*(at.min(0) / size), *((at.max(0) + 1) / size)))
        return left, top, right, bottom

    def outlines(self) -> list[list[float]]:
        """x and y of the corners of each of its pieces in turn, as shares of the picture."""
        import cv2

        found, _ = cv2.findContours(self.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        corners = [(piece[:, 0] + 0.5) / self.mask.shape[::-1] for piece in found if len(piece) > 2]
        return [[round(float(value), 4) for value in piece.ravel()] for piece in corners]


class Segmenter:
    """A Detector whose parts are things, with their vectors by a text encoder."""

    name, label, kind = "sam", "SAM", KIND

    def __init__(self, weights: Path, encoder: TextEncoder, device: str = "auto") -> None:
        """`weights`: the file of checkpoint()."""
        self._encoder, self._device = encoder, pick_device(device)
        self._weights, self._network = weights, Loaded(self.label, self._load)
        self.key = f"{self.name}-{sha256(weights)[:16]}-{VERSION} {encoder.key}"

    def _load(self) -> Any:
        import torch
        from safetensors import SafetensorError
        from transformers import SamModel

        try:
            with quiet():
                network = SamModel.from_pretrained(
                    self._weights.parent, local_files_only=True, use_safetensors=True, dtype=torch.float32
                )
        except SafetensorError as error:
            raise ValueError(error) from error
        return network.eval().to(self._device)

    def find(self, pictures: Sequence[np.ndarray]) -> list[list[Part]]:
        """See Detector.find; best at a long side of SIDE. A thing for which there are no numbers has no vector."""
        return [list(self._parts(picture)) for picture in pictures]

    def _parts(self, picture: np.ndarray) -> Iterator[Part]:
        things = self.things(picture)
        vectors = self._encoder.embed([cut_out(picture, thing) for thing in things]) if things else ()
        for number, (thing, vector) in enumerate(zip(things, vectors, strict=True)):
            share = round(float(thing.mask.mean()), 5)  # of the picture
            facts = {"score": round(thing.score, 3), "share": share, "outlines": thing.outlines()}
            seen = vector if np.isfinite(vector).all() and vector.any() else None
            yield Part(f"{KIND} {number:04}", KIND, thing.box, facts=facts, vector=seen)

    def things(self, picture: np.ndarray) -> list[Thing]:
        """uint8 [H, W, 3] RGB -> the things in it, the largest first."""
        logits, scores = self._asked(picture)
        masks, wide, tight = logits > 0, (logits > -OFFSET).sum((1, 2)), (logits > OFFSET).sum((1, 2))
        shares = masks.mean((1, 2))
        good = (scores >= SURE) & (tight >= STABLE * wide) & (shares >= LEAST) & (shares <= LARGEST)
        kept: list[int] = []
        for one in np.flatnonzero(good)[np.argsort(-scores[good], kind="stable")].tolist():
            if all(_shared(masks[one], masks[other]) <= SHARED for other in kept):
                kept.append(one)
        kept.sort(key=lambda one: -shares[one])
        return [Thing(masks[one], min(1.0, float(scores[one]))) for one in kept[:MOST]]

    def _asked(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """float32 [3 P, H, W]: for each point of the grid three masks as logits; float32 [3 P]: their quality."""
        import torch

        network = self._network.get(silent)
        use_threads(1)
        size = network.config.vision_config.image_size
        height, width = (max(1, round(side * size / max(picture.shape[:2]))) for side in picture.shape[:2])
        resized = Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR)
        pixels = np.zeros((size, size, 3), np.float32)
        pixels[:height, :width] = (np.asarray(resized, np.float32) - MEAN) / STD
        ticks = (np.arange(GRID) + 0.5) / GRID
        points = torch.tensor([(x * width, y * height) for y in ticks for x in ticks], device=self._device).float()
        logits, scores = [], []
        with torch.inference_mode():
            seen = network.get_image_embeddings(torch.tensor(pixels, device=self._device).permute(2, 0, 1)[None])
            for some in points.split(BATCH):
                found = network(image_embeddings=seen, input_points=some[None, :, None], multimask_output=True)
                logits.append(found.pred_masks[0].flatten(0, 1).cpu().numpy())
                scores.append(found.iou_scores[0].flatten().cpu().numpy())
        masks = np.concatenate(logits)
        down, across = (max(1, round(side * masks.shape[-1] / size)) for side in (height, width))
        return masks[:, :down, :across], np.concatenate(scores)


def checkpoint(models_dir: Path) -> Path | None:
    """The weights of the SamModel that a person put into FOLDER; None if there is none."""
    weights = models_dir / FOLDER / WEIGHTS
    return weights if weights.is_file() and weights.with_name("config.json").is_file() else None


def open_segmenter(models_dir: Path, encoder: TextEncoder | None, device: str = "auto") -> Segmenter | None:
    """What finds the things in pictures, with vectors by `encoder`; None without one, or without a checkpoint."""
    weights = checkpoint(models_dir)
    return Segmenter(weights, encoder, device) if weights and encoder else None


def cut_out(picture: np.ndarray, thing: Thing) -> np.ndarray:
    """uint8 [H, W, 3] -> a thing with MARGIN around it, what it does not cover blurred."""
    import cv2

    (height, width), (left, top, right, bottom) = picture.shape[:2], thing.box
    across, down = MARGIN * (right - left), MARGIN * (bottom - top)
    mask = cv2.resize(thing.mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    blurred = cv2.GaussianBlur(np.ascontiguousarray(picture), (BLUR, BLUR), 0)
    whole = np.where(mask >= 0.5, picture, blurred)
    rows = slice(int(max(0, top - down) * height), max(1, round(min(1, bottom + down) * height)))
    columns = slice(int(max(0, left - across) * width), max(1, round(min(1, right + across) * width)))
    return np.ascontiguousarray(whole[rows, columns])


def _shared(one: np.ndarray, other: np.ndarray) -> float:
    """The share of two masks that both cover."""
    return float((one & other).sum() / max(1, (one | other).sum()))
