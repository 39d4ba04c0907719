"""How Google Takeout names the JSON of a photo, and the photo that was made of another."""

import re
from pathlib import PurePosixPath

JSON = ".json"
# Takeout appends this to the photo's whole name, and cuts the result at LONGEST characters. The counter of IMG(1).jpg
# comes after it: IMG.jpg.supplemental-metadata(1).json; before 2024 without the words: IMG.jpg(1).json.
WORDS, LONGEST = ".supplemental-metadata", 46
COUNTED = re.compile(r"(.*?)(\(\d+\))?", re.DOTALL)
# "Edited" in Takeout's languages. Photos' names are cut too, and then so is this.
EDITED = (
    *("edited", "effects", "bearbeitet", "modifié", "modificato", "editado", "editada", "bewerkt", "redigerad"),
    *("redigeret", "edytowane", "edited_"),
)
YEAR = re.compile(
    r"(photos from|fotos von|photos de|fotos de|fotos del|foto dal|foto del|foto's uit|foton från) (19|20)\d\d",
    re.IGNORECASE,
)


def photo_names(name: str) -> list[str]:
    """Names that the photo of a JSON may have, in lower case; some without their ending."""
    rest = name.casefold().removesuffix(JSON)
    core, counter = counted(rest)
    heads = [core.rstrip(".")]
    head, dot, tail = core.rpartition(".")
    if dot and tail and WORDS.startswith("." + tail):
        heads.insert(0, head)
    whole = [rest]
    for head in heads:
        stem, dot, ending = head.rpartition(".")
        whole += [head + counter, f"{stem}{counter}{dot}{ending}" if dot else head + counter]
    return list(dict.fromkeys(whole))


def cut(name: str) -> str:
    """What a JSON whose name was cut has of its photo's, in lower case; "" for another."""
    core = counted(name.casefold().removesuffix(JSON))[0]
    return core if len(PurePosixPath(core).name) == LONGEST else ""


def starts(name: str) -> set[str]:
    """What the JSON of a photo with a long name may have of it, in lower case, with a number at its end or without."""
    folder, slash, last = name.casefold().rpartition("/")
    if len(last) < LONGEST:
        return set()
    path = PurePosixPath(last)
    both = (last, counted(path.stem)[0] + path.suffix)
    return {f"{folder}{slash}{one[:LONGEST]}" for one in both if len(one) >= LONGEST}


def is_title(title: str, name: str, json_name: str) -> bool:
    """Whether a photo of this name may have this title: but for characters no file may have, and for what was cut."""
    photo, wanted = PurePosixPath(_plain(name.rpartition("/")[2])), _plain(title)
    titles = (wanted, wanted.rpartition(".")[0])
    if photo.name == wanted or photo.stem in titles:
        return True
    stem, counter = counted(photo.stem)
    if counter != counted(json_name.casefold().removesuffix(JSON))[1]:
        return False
    return stem in titles or (len(stem + photo.suffix) >= LONGEST and wanted.startswith(stem))


def unedited(stem: str) -> str:
    """The stem that the original of an edited photo has; "" if this is the name of no edited photo."""
    core, counter = counted(stem)
    begin, dash, word = core.casefold().rpartition("-")
    whole = word in EDITED or (len(core) > LONGEST and word and any(one.startswith(word) for one in EDITED))
    return core[: len(begin)] + counter if dash and whole else ""


def counted(stem: str) -> tuple[str, str]:
    """A name's stem without a number in brackets at its end, and that: "IMG(1)" -> "IMG", "(1)"."""
    found = COUNTED.fullmatch(stem)
    return (found[1], found[2] or "") if found else (stem, "")


def _plain(text: str) -> str:
    """Takeout writes _ for characters that some system does not allow in names."""
    return re.sub(r"""[&'"<>?*:|%/\\]""", "_", text.casefold())
