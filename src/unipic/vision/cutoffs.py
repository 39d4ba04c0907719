"""Cut-offs of text encoders as they were measured, in a file beside the manifest; there is none before the first."""

import tomllib
from functools import cache
from pathlib import Path

from unipic.vision.base import Cutoff

CUTOFFS = "cutoffs.toml"  # written by `python -m benchmarks search --calibrate FOLDER`


@cache
def read_cutoffs(file: Path) -> dict[str, Cutoff]:
    """Cut-offs by the space of the vectors they were measured with: model, weights and preparation of pictures."""
    if not file.is_file():
        return {}
    return {space: Cutoff(**facts) for space, facts in tomllib.loads(file.read_text(encoding="utf-8")).items()}
