"""The ZIPs of test_zip_limits.py, each made in a process of its own that holds nothing else."""

import json
import sys
import tempfile
from pathlib import Path

from tests.helpers.memory import most_memory
from tests.safety.harness.amounts import amount

from unipic.core.files import hash_file
from unipic.core.photo import Measures, Photo
from unipic.destinations.base import export
from unipic.destinations.zip import ZipDestination
from unipic.review.outcomes import Outcome

MEASURES = Measures(0.8, 0.8, 0.8, 0.1)
ENTRIES = amount(pr=3_000, nightly=70_000)
BIG = amount(pr=20_000_000, nightly=4_500_000_000)  # bytes of one file
COLLIDING = (
    *(
        "IMG_1.JPG",
        "img_1.jpg",
        "Img_1.Jpg",
        "e\u0301.jpg",
        "\u00e9.jpg",
        "\u00c9.jpg",
        "stra\u00dfe.jpg",
        "STRASSE.jpg",
    ),
    *(
        "con.jpg",
        "CON.jpg",
        "_CON.jpg",
        "a.",
        "a",
        "a ",
        "a. .",
        "\ufb01n.jpg",
        "fin.jpg",
        "a:b.jpg",
        "a_b.jpg",
        "a?b.jpg",
    ),
    *(
        "x" * 300 + ".jpg",
        "x" * 301 + ".jpg",
        "\u212b.jpg",
        "\u00c5.jpg",
        "a\u030a.jpg",
        "",
        "unnamed",
        "../a",
        "/a",
        "./a",
    ),
)


def outcomes_of(task: str, folder: Path) -> list[Outcome]:
    small = folder / "small"
    small.write_bytes(b"a photo")
    facts = (str(small), hash_file(small), 7)
    if task == "entries":
        return [kept(f"{n}", f"2024/{n // 1000}/IMG_{n}.jpg", *facts) for n in range(ENTRIES)]
    if task == "names":
        return [kept(f"{n}", COLLIDING[n % len(COLLIDING)], *facts) for n in range(300)]
    big = folder / "big"
    with big.open("wb") as file:
        file.truncate(BIG)
    return [kept("big", "big.jpg", str(big), hash_file(big), BIG), kept("behind", "behind.jpg", *facts)]


def kept(id: str, name: str, path: str, digest: str, size: int) -> Outcome:
    photo = Photo(id, name, path, digest, size, 400, 300, "JPEG", "0" * 64, MEASURES, comparable=True)
    return Outcome(photo, "kept", "like no other photo")


if __name__ == "__main__":
    where = Path(sys.argv[2])
    tempfile.tempdir = str(where)
    export(ZipDestination(where / "out.zip"), outcomes_of(sys.argv[1], where))
    print(json.dumps({"memory": most_memory()}))
