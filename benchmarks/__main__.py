"""python -m benchmarks PART, with one of these parts, or all for all of them

quality   precision and recall on labelled photos, per encoder and lane, beside other programs; the keeper; the ranking
seconds   two shots of one second without fractions: how many pass for copies
calibrate what a cosine of each encoder is worth, fitted again, and how true the similarity people see is
eyes      open eyes and smiles on crops and whole faces, how often nobody can tell, and the best shot with faces
clutter   lanes of clutter: right and wrong by lane on labelled and made-up photos, false alarms on others
bias      whether the ranking leans by how light a face is
speed     a whole run over 12-megapixel JPEGs beside decoding alone, the plain way, and other programs; a second run
memory    peak memory of runs over a tenth, half and all of 2,000 photos of 12 megapixels
darkroom  the review of 2,000 photos in real Chromium: from a key to the next group, the browser's memory, bytes sent
photos    a library of 100,000 in real Chromium: listing, opening, work of a frame while scrolling, memory
startup   how long until --help, the first screen, and the first photo looked at
alike     galleries in which everything looks alike: what comparing costs a photo, as they grow
pairs     finding pairs from stored embeddings of up to 400,000 photos: time, memory, and what the index misses
versions  what a new version of one extractor costs photos that were seen before; the size of stored vectors
library   an index of 2,000 photos that is killed five times; 100,000 files in which nothing is new
gpu       the networks on a GPU beside the processor, with the answers of both; says so where there is no GPU
growth    each system over 10,000 and 100,000 photos by stored facts: processor time, memory, how it grows
search    100,000 photos: the nearest vectors beside a plain product, conditions, words, the parser, places; with
          --calibrate FOLDER: the limits of searches by meaning, on photos in a subfolder for each kind
stores    a million vectors in Unipic's ways, and in rclip, LanceDB and chromadb where --python PYTHON has them
meaning   what the text encoders' halves cost: loading, memory, a picture, a query
films     copies of films: which are found, by kind of copy, and what is found wrongly
events    made-up years: events beside gaps, calendar days and PhotoTOC; boundaries and pairs, with and without places
ocr       words in made-up pages, screens and photos: how many are read, and the processor time of each
faces     how many faces are found, how well two of one person are told from two of different ones, and the time
organise  trees of labelled photos with every file accounted for, groups beside the seed's; merges; composites
people    real and made-up faces as persons, beside DBSCAN, HDBSCAN and chinese whispers; after 30 questions; new faces
pictures  no figures: the pictures of the README, made anew in real Chromium
video     shots by every detector, technical frames, keyframes; with --long FRAMES also a long film: time and memory
immich    faults at every request of writing to an Immich library and of undoing it, long lists, previews beside
          originals; all on a fake of this project
presets   resizing beside a reference in double precision; time and memory of copies by presets
takeout   2,000 photos in ten parts of a Google Takeout: dated, placed and marked as their sidecars say
safety    the safety tests, with what each tried and what went wrong; UNIPIC_NIGHTLY=1 for the nightly amounts
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import (
    alike,
    bias,
    calibrate,
    clutter,
    darkroom,
    events,
    eyes,
    faces,
    films,
    gpu,
    growth,
    immich,
    library,
    memory,
    ocr,
    organise,
    pairs,
    people,
    photos,
    pictures,
    presets,
    quality,
    safety,
    search,
    search_calibrate,
    search_stores,
    seconds,
    speed,
    startup,
    takeout,
    text_encoders,
    versions,
    video,
)
from benchmarks.machine import machine

PARTS: dict[str, Callable[[int], None]] = {
    "quality": quality.run,
    "seconds": seconds.run,
    "eyes": eyes.run,
    "calibrate": calibrate.run,
    "bias": bias.run,
    "clutter": clutter.run,
    "speed": speed.run,
    "memory": memory.run,
    "darkroom": darkroom.run,
    "immich": immich.run,
    "takeout": takeout.run,
    "presets": presets.run,
    "photos": photos.run,
    "pictures": pictures.run,
    "startup": startup.run,
    "alike": alike.run,
    "pairs": pairs.run,
    "people": people.run,
    "versions": versions.run,
    "library": library.run,
    "growth": growth.run,
    "gpu": gpu.run,
    "search": search.run,
    "stores": search_stores.run,
    "films": films.run,
    "events": events.run,
    "ocr": ocr.run,
    "faces": faces.run,
    "meaning": text_encoders.run,
    "video": video.run,
    "organise": organise.run,
    "safety": safety.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=[*PARTS, "all"])
    parser.add_argument("--photos", type=int, default=0, help="how many photos to make (speed: 1000, others: 2000)")
    parser.add_argument("--groups", type=int, default=0, help="how many groups to make of them (darkroom: 300)")
    parser.add_argument("--long", type=int, default=0, help="frames of a long film to make (video)")
    parser.add_argument("--calibrate", type=Path, help="a folder of labelled photos (search)")
    parser.add_argument("--python", action="append", default=[], help="an interpreter with other packages (stores)")
    options = parser.parse_args()
    print(f"on {machine()}\n")
    if options.part == "search" and options.calibrate:
        search_calibrate.run(options.calibrate)
        return
    with_more = {
        "darkroom": partial(darkroom.run, groups=options.groups),
        "video": partial(video.run, long=options.long),
        "stores": partial(search_stores.run, pythons=[sys.executable, *options.python]),
    }
    parts = PARTS | with_more
    for name, part in parts.items():
        if options.part in (name, "all"):
            part(options.photos)


if __name__ == "__main__":
    main()
