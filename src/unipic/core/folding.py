"""Text as it is compared: without accents and capitals, so that "zurich" finds "Zürich"."""

import unicodedata

# Letters that Unicode does not take apart, as people write them where the keyboard has none.
_ALSO = str.maketrans({**dict(zip("øłđħıð", "oldhid", strict=True)), "æ": "ae", "œ": "oe", "þ": "th"})


def folded(text: str) -> str:
    """Lower case (ß is ss), compatible forms made one, accents and what cannot be seen left out, spaces joined."""
    if text.isascii() and text.isprintable():  # as most names are: a tenth of the time
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_ALSO)
    kept = (letter for letter in plain if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isprintable() else " " for letter in kept).split())
