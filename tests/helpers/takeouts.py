"""Archives as Google Takeout and iCloud make them, with what is true of each photo in them.

The names follow what people report of real exports: a JSON's name is cut at 46 characters before ".json", a photo's at
47 before its ending, counters come last, and characters that some system does not allow become "_".
"""

import io
import json
import random
import re
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from tests.helpers.assets import exif, film

ROOT = "Takeout/Google Photos"
STAMP = "takeout-20240501T101112Z"
PLACES = {  # with the hours that the clocks there are ahead of UTC in January
    (52.52, 13.405): 1,
    (40.7128, -74.006): -5,
    (35.6895, 139.6917): 9,
    (-33.8688, 151.2093): 11,
    (19.076, 72.8777): 5.5,
}
FIRST = 1_388_880_000  # 2014-01-05
Part = Mapping[str, bytes]


@dataclass(frozen=True)
class Truth:
    """What is true of one photo: its sidecar's words, or the camera's where it has them."""

    taken: datetime  # without an offset: the clock on the wall, or UTC where nobody knows the place
    place: tuple[float, float] | None
    favourite: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""
    albums: frozenset[str] = frozenset()


@dataclass
class Made:
    """Files by name, and what is true of the photos among them."""

    files: dict[str, bytes] = field(default_factory=dict)
    truth: dict[str, Truth] = field(default_factory=dict)


def file_name(title: str, counter: str = "") -> str:
    """The name of a photo in an export."""
    stem, dot, ending = re.sub(r"[&'\"<>?*:|%/\\]", "_", title).rpartition(".")
    return f"{stem[:47]}{counter}{dot}{ending}"


def json_name(title: str, counter: str = "", words: bool = True) -> str:
    """The name of its sidecar, before 2024 without the words."""
    plain = re.sub(r"[&'\"<>?*:|%/\\]", "_", title)
    return f"{(plain + '.supplemental-metadata' * words)[:46]}{counter}.json"


def picture(rng: random.Random, taken: datetime | None = None, placed: bool = False) -> bytes:
    """A JPEG of 40 x 32 pixels that no other one is like."""
    small = Image.frombytes("RGB", (10, 8), rng.randbytes(240))
    buffer = io.BytesIO()
    facts = {"exif": exif(taken, place=placed)} if taken or placed else {}
    small.resize((40, 32)).save(buffer, "JPEG", quality=70, **facts)
    return buffer.getvalue()


def sidecar(title: str, seconds: int, place: tuple[float, float] | None = None, **more: object) -> bytes:
    """A photo's JSON. Without a place Google writes 0, 0."""
    latitude, longitude = place or (0.0, 0.0)
    said = {
        "title": title,
        "description": "",
        "creationTime": {"timestamp": str(seconds + 5_000_000), "formatted": "later"},
        "photoTakenTime": {"timestamp": str(seconds), "formatted": "then"},
        "geoData": {"latitude": latitude, "longitude": longitude, "altitude": 0.0},
        **more,
    }
    return json.dumps(said, ensure_ascii=False).encode()


def takeout(photos: int, seed: int = 1) -> Made:
    """So many photos, of every kind of name; a tenth are in an album too, and some were edited or have a film."""
    rng, made = random.Random(seed), Made()
    kinds: tuple[Callable[[int], str], ...] = (
        lambda n: f"IMG_{n:05}.jpg",
        lambda n: f"PXL_20200101_{n:09}.PORTRAIT-01.COVER.jpg",
        lambda n: f"photo {n // 3:04} whose name is so long that Takeout cuts it off, {n}.jpg",
        lambda n: f'{n:05} Mum & Dad\'s "best" day?.jpg',
        lambda n: f"Screenshot_2017-07-05-10-05-26_{n:05}.jpg",
        lambda n: f"{n:05} no ending of its own",
    )
    taken_names = set[str]()
    for number in range(photos):
        title = kinds[number % len(kinds)](number // 3 * 3 if number % 12 == 0 else number)
        place, hours = rng.choice([*PLACES.items(), (None, 0)])
        seconds = FIRST + 86_400 * (number % 50) + rng.randrange(3600)  # no clock changes its hour in these weeks
        folder = f"{ROOT}/Photos from 2014"
        ending = "" if title.endswith(".jpg") else ".jpg"
        counter = next(
            c
            for k in range(9999)
            if (f"{folder}/{file_name(title + ending, c := f'({k})' * (k > 0))}") not in taken_names
        )
        name = f"{folder}/{file_name(title + ending, counter)}"
        taken_names.add(name)
        by_camera = number % 7 == 3
        local = datetime.fromtimestamp(seconds + 3600 * hours, UTC).replace(tzinfo=None)
        if by_camera:
            local = datetime(2013, 3, 4, 5, 6, number % 60)
        people = ("Anna", "Ben") if number % 11 == 0 else ()
        note = f"words of {number}" if number % 13 == 0 else ""
        favourite = number % 9 == 0
        said = sidecar(
            title,
            seconds,
            place,
            description=note,
            **({"favorited": True} if favourite else {}),
            **({"people": [{"name": one} for one in people]} if people else {}),
        )
        made.files[name] = picture(rng, local if by_camera else None)
        sidecar_file = f"{folder}/{json_name(title, counter, words=number % 5 > 0)}"
        if sidecar_file in made.files:  # Google counts sidecars like their photos
            counter = next(
                f"({k})"
                for k in range(1, 9999)
                if f"{folder}/{json_name(title, f'({k})', number % 5 > 0)}" not in made.files
            )
            sidecar_file = f"{folder}/{json_name(title, counter, words=number % 5 > 0)}"
        made.files[sidecar_file] = said
        albums = frozenset({"Gary's birthday"} if number % 10 == 0 else ())
        made.truth[name] = Truth(local, place, favourite, people, note, albums)
        if albums:
            album = f"{ROOT}/Gary_s birthday/"
            made.files[f"{album}metadata.json"] = json.dumps({"title": "Gary's birthday", "description": ""}).encode()
            copy = album + name.rpartition("/")[2]
            made.files[copy] = made.files[name]
            made.files[album + sidecar_file.rpartition("/")[2]] = said
            made.truth[copy] = made.truth[name]
        if number % 17 == 5 and number % len(kinds) == 5 and not by_camera:
            edited = name.removesuffix(".jpg") + "-edited.jpg"
            made.files[edited] = picture(rng)
            made.truth[edited] = made.truth[name]
        if number % 12 == 1:
            made.files[name.removesuffix(".jpg") + ".MP4"] = film(2.0)
    return made


def spread(files: Part, parts: int, seed: int = 1) -> list[dict[str, bytes]]:
    """The files over so many parts, as they come: sidecars and films often in another part than their photo."""
    rng = random.Random(seed)
    spread_over: list[dict[str, bytes]] = [{} for _ in range(parts)]
    for name, data in files.items():
        spread_over[rng.randrange(parts)][name] = data
    return spread_over


def write_parts(folder: Path, files: Part, parts: int = 10, ending: str = "zip", stamp: str = STAMP) -> list[Path]:
    """The parts of an export."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, some in enumerate(spread(files, parts), 1):
        path = folder / f"{stamp}-{number:03}.{ending}"
        (write_zip if ending == "zip" else write_tgz)(path, some)
        written.append(path)
    return written


def write_zip(path: Path, files: Part) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 1, 10, 0, 0)), data)
    return path


def write_tgz(path: Path, files: Part) -> Path:
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), FIRST
            archive.addfile(info, io.BytesIO(data))
    return path


def icloud(folder: Path, total: int = 2) -> list[Path]:
    """Two parts of Apple's: photos without EXIF, their lists, an album, a Live Photo over both, and one name twice."""
    rng, root = random.Random(5), "iCloud Photos Part {} of {}/"
    header = "imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate\n"
    one = {
        "Photos/IMG_0001.JPG": picture(rng),
        "Photos/IMG_0002.JPG": picture(rng),
        "Photos/Photo Details.csv": header.encode()
        + b'IMG_0001.JPG,AfQj,yes,no,no,"Saturday June 4,2022 12:11 PM GMT",10,"Sunday June 5,2022 1:11 PM GMT"\n'
        + b"IMG_0002.JPG,AfQk,no,yes,no,Sunday June 5,2022 9:00 AM GMT,0,\n",
        "Albums/Holiday.csv": b"Images\nIMG_0001.JPG\nIMG_0003.JPG\n",
    }
    two = {
        "Photos/IMG_0001.MOV": film(2.0),
        "Photos/IMG_0002.JPG": picture(rng),
        "Photos/IMG_0003.JPG": picture(rng),
        "Photos/Photo Details.csv": header.encode()
        + b'IMG_0002.JPG,AfQl,no,no,no,"Monday March 11,2019 8:34 PM GMT",1,\n'
        + b'IMG_0003.JPG,AfQm,no,no,yes,"Tuesday March 12,2019 12:00 AM GMT",1,\n',
    }
    folder.mkdir(parents=True, exist_ok=True)
    return [
        write_zip(
            folder / f"iCloud Photos Part {number} of {total}.zip",
            {root.format(number, total) + name: data for name, data in files.items()},
        )
        for number, files in enumerate((one, two), 1)
    ]
