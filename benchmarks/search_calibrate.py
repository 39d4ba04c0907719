"""The cut-off of a search by meaning, measured on a labelled folder: a subfolder a kind, named as one would ask for it.

Limits are set on half of the kinds and judged on the other half. For "absent" each kind is taken out in turn, and a
search for it should find nothing.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np

from unipic.core.photo import Found
from unipic.core.settings import Settings, models_folder
from unipic.reading.images import load_thumbnail
from unipic.reading.read import read
from unipic.reading.seen import Picture
from unipic.search.cutoff import background, competing, margins
from unipic.search.meaning import Meaning
from unipic.search.query import Part
from unipic.sources.folder import FolderSource
from unipic.tools import open_tools
from unipic.vision.base import Cutoff, TextEncoder
from unipic.vision.cutoffs import CUTOFFS, read_cutoffs
from unipic.vision.manifest import MANIFEST
from unipic.vision.registry import TEXT_ENCODERS, Loader, open_text_encoder

SETTINGS = Settings.of(encoder="builtin", ranker="builtin", fetch=False)
ABSENT = 0.9  # share of absent kinds of which nothing may be found
PRECISE = 0.9  # share of the photos found that show what was asked for
EVEN = 0.5  # the same of photos that may show it
LEAST = 4  # kinds: two halves of two
MODELS = tuple(TEXT_ENCODERS)
FILE = MANIFEST.with_name(CUTOFFS)
HEAD = (
    *("model", "picture", "found from", "maybe from", "absent: nothing found", "present: recall", "precision"),
    *("something found", "recall with maybe"),
)


@dataclass(frozen=True, eq=False)
class Labelled:
    """Photos with the kind of each."""

    pictures: list[np.ndarray]
    kinds: list[str]  # of each photo
    name: str  # of the folder

    @property
    def queries(self) -> list[str]:
        return sorted(set(self.kinds))

    @property
    def right(self) -> np.ndarray:
        """bool [kinds, photos]."""
        return np.array([[kind == query for kind in self.kinds] for query in self.queries])


@dataclass(frozen=True)
class Judged:
    absent: float  # share of kinds, each taken out, of which nothing is found
    recall: float  # of the photos of a kind, those found; mean over kinds
    precision: float  # of the photos found
    answered: float  # share of kinds of which something is found
    maybe_recall: float  # with those that may
    maybe_precision: float


def run(folder: Path, models: Sequence[str] = MODELS, cutoffs: Path = FILE) -> None:
    """Measure every text encoder that is installed, and write the limits of each to `cutoffs`."""
    print(f"## Cut-offs of searches by meaning, on {folder.name}\n")
    labelled = photos_in(folder)
    if len(labelled.queries) < LEAST:
        print(f"skipped: {folder} needs {LEAST} subfolders of photos or more, each named as one would ask for its kind")
        return
    print(f"| {' | '.join(HEAD)} |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    for name in models:
        encoder, notices = open_text_encoder(name, Loader(models_folder(), fetch=False))
        if encoder is None:
            print(f"\n{name}: not measured here. {notices[0]}\n")
            continue
        measure(encoder, labelled, cutoffs)


def measure(encoder: TextEncoder, labelled: Labelled, cutoffs: Path) -> None:
    """A line for each way to make pictures square, and the limits of the encoder's own way written to `cutoffs`."""
    for fit, its in prepared(encoder):
        margin = margins_of(its, labelled)
        found = fitted(margin, labelled.right, f"{len(labelled.kinds):,} photos of {labelled.name}")
        print(line(encoder.label, fit, found, judged(margin, labelled.right, found)), flush=True)
        if its is encoder:
            write(cutoffs, getattr(encoder, "space", encoder.key), found)


def prepared(encoder: TextEncoder) -> Iterator[tuple[str, TextEncoder]]:
    """The encoder, and it with pictures made square in the other ways."""
    from unipic.vision.text import LocalTextEncoder

    if not isinstance(encoder, LocalTextEncoder):
        yield "its own", encoder
        return
    own = encoder.kind.square.fit
    yield own, encoder
    for fit in get_args(get_type_hints(type(encoder.kind.square))["fit"]):
        if fit != own:
            kind = replace(encoder.kind, square=replace(encoder.kind.square, fit=fit))
            yield fit, LocalTextEncoder(encoder.folder, kind, encoder.device)


def photos_in(folder: Path) -> Labelled:
    """Every photo below a subfolder, as its thumbnail, which is what an index looks at."""
    files = [file for file in FolderSource([folder]).files() if isinstance(file, Found)]
    pictures, kinds = [], []
    with open_tools(SETTINGS, models_folder(), None) as tools:
        for seen in read(files, tools.engine, SETTINGS.limits):
            if not isinstance(seen, Picture):
                continue
            parts = Path(seen.photo.path).relative_to(folder.resolve()).parts
            if len(parts) > 1:
                pictures.append(load_thumbnail(seen.thumbnail))
                kinds.append(parts[0].replace("_", " ").replace("-", " "))
    return Labelled(pictures, kinds, folder.name)


def margins_of(encoder: TextEncoder, labelled: Labelled) -> np.ndarray:
    """float32 [kinds, photos]."""
    captions = encoder.embed_texts(background())
    meaning, photos = Meaning(encoder, lambda: captions), encoder.embed(labelled.pictures)
    queries = [meaning.query([Part(kind)]) for kind in labelled.queries]
    return np.stack([margins(photos, query, competing(captions, query)) for query in queries])


def fitted(margin: np.ndarray, right: np.ndarray, measured_on: str) -> Cutoff:
    """On every other kind: the least limits that keep ABSENT and PRECISE, and EVEN."""
    some, yes = margin[::2], right[::2]
    highest = np.sort(np.where(yes, -np.inf, some).max(axis=1))  # of photos that do not show it, by kind
    absent = float(np.nextafter(highest[int(np.ceil(ABSENT * len(highest))) - 1], np.inf))
    found = max(absent, _precise(some, yes, PRECISE))
    maybe = min(found, _precise(some, yes, EVEN))
    return Cutoff(math.ceil(found * 1e4) / 1e4, math.floor(maybe * 1e4) / 1e4, measured_on)


def _precise(margin: np.ndarray, right: np.ndarray, share: float) -> float:
    """The least margin from which on this share of photos, or more, is right."""
    order = np.argsort(-margin, axis=None)
    precision = np.cumsum(right.ravel()[order]) / np.arange(1, right.size + 1)
    enough = np.flatnonzero(precision >= share)
    return float(margin.ravel()[order[enough[-1]]]) if len(enough) else float(margin.max())


def judged(margin: np.ndarray, right: np.ndarray, limits: Cutoff) -> Judged:
    """On the kinds that the limits were not set on."""
    margin, right = margin[1::2], right[1::2]
    found, maybe = margin >= limits.found, margin >= limits.maybe
    return Judged(
        absent=float((~(found & ~right).any(axis=1)).mean()),
        recall=_recall(found, right),
        precision=_share(right[found]),
        answered=float((found & right).any(axis=1).mean()),
        maybe_recall=_recall(maybe, right),
        maybe_precision=_share(right[maybe]),
    )


def _recall(found: np.ndarray, right: np.ndarray) -> float:
    return float(((found & right).sum(axis=1) / right.sum(axis=1)).mean())


def _share(right: np.ndarray) -> float:
    return float(right.mean()) if right.size else 1.0


def line(label: str, fit: str, limits: Cutoff, its: Judged) -> str:
    """A row of the table."""
    shares = " | ".join(f"{100 * share:.0f} %" for share in (its.absent, its.recall, its.precision, its.answered))
    both = f"{100 * its.maybe_recall:.0f} %, precision {100 * its.maybe_precision:.0f} %"
    return f"| {label} | {fit} | {limits.found:.4f} | {limits.maybe:.4f} | {shares} | {both} |"


def write(file: Path, space: str, limits: Cutoff) -> None:
    """Replace a model's entry; the others stay, and the words at the beginning."""
    read_cutoffs.cache_clear()
    known = read_cutoffs(file) | {space: limits}
    before = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    words = [row for row in before if row.startswith("#")]
    for name, its in sorted(known.items()):
        words += ["", f"[{json.dumps(name)}]", f"found = {its.found}", f"maybe = {its.maybe}"]
        words += [f"measured_on = {json.dumps(its.measured_on, ensure_ascii=False)}"]
    file.write_text("\n".join(words) + "\n", encoding="utf-8")
    read_cutoffs.cache_clear()
