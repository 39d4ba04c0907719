"""Names that programs and people give to copies. They only break ties: a name says nothing about the picture."""

import re
from functools import lru_cache

# Of a name without its folders and its ending, in any case. Numbers in brackets, "Copy" in the languages of Windows and
# macOS, the names of messengers and of edits.
COPY_NAMES = re.compile(
    r"""
    \(\d+\)$ | ~\d+$ | _n$ | -wa\d+$
    | ^copy\ of\b | ^img_e\d | ^fb_img_ | ^received_ | ^screenshot | ^signal- | ^photo_\d+@ | whatsapp\ (image|bild)
    | (?<![^\W_])(copy|copie|kopie|copia|cópia|kopia|kopi|копия)(?![^\W\d_]) | コピー | 副本 | 복사본
    | [-_ ~(](edit(ed)?|bearbeitet|modifié|small|large|thumb(nail)?|resized|scaled|crop(ped)?|rotated|flip(ped)?
      |mirrored|bw|web|print|preview|min|compressed|export(ed)?|poster|frame|watermark(ed)?)\)?$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Folders for copies, as whole names in any case, and those that end like one.
COPY_FOLDERS = re.compile(
    r"""
    ^(\W*)(back-?ups?|sicherung(en)?|sauvegardes?|copies|copy|kopien|copias|downloads?|telechargements|whatsapp.*|telegram.*
    |signal|messenger|facebook|instagram|viber|line|wechat|weixin|screenshots?|bildschirmfotos?|exports?|edited|edits
    |thumb(nail)?s|\.?thumbnails|tmp|temp|trash|\.trash.*|deleted|duplicates?|duplikate|sent|shared|new\ folder.*)$
    | [-_ ](back-?up|copy|kopie|copies|old|exports?|thumbs)$ | -\ copy(\ \(\d+\))?$
    """,
    re.IGNORECASE | re.VERBOSE,
)


@lru_cache(100_000)
def is_copy_name(name: str) -> bool:
    """Whether a file is called like a copy; folders do not count."""
    base = name.rpartition("/")[2]
    stem, dot, _ = base.rpartition(".")
    return bool(COPY_NAMES.search(stem if dot else base))


@lru_cache(10_000)
def _is_copy_folder(folder: str) -> bool:
    return bool(COPY_FOLDERS.search(folder))


def is_in_copy_folder(name: str) -> bool:
    """Whether one of the folders a file is in is called like one for copies."""
    return any(map(_is_copy_folder, name.split("/")[:-1]))
