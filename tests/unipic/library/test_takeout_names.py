"""Names that people report of real exports: which sidecar is whose."""

import pytest

from unipic.library._takeout import cut, is_title, photo_names, starts, unedited

LONG = "Urlaub in Knaufspesch in der Schneifel (38).JPG"


def belongs(photo: str, json_name: str, title: str) -> bool:
    """As companions.py asks: by the whole name, else by a name that was cut or has no ending, and the title."""
    names, low = photo_names(json_name), photo.casefold()
    candidate = low in names or low.rpartition(".")[0] in names or (cut(json_name) in starts(photo))
    return candidate and (low in names or is_title(title, photo, json_name))


@pytest.mark.parametrize(
    ("photo", "json_name", "title"),
    [
        ("IMG_1.JPG", "IMG_1.JPG.json", "IMG_1.JPG"),
        ("IMG(1).jpg", "IMG.jpg(1).json", "IMG.jpg"),
        ("IMG(1).jpg", "IMG.jpg.supplemental-metadata(1).json", "IMG.jpg"),
        ("IMG(1).jpg", "IMG(1).jpg.json", "IMG(1).jpg"),
        ("img(18).jpg", "img.jpg.supple(18).json", "img.jpg"),
        ("Screenshot_2017-07-05-10-05-26.png", "Screenshot_2017-07-05-10-05-26.png.supplementa.json", "x"),
        ("D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg", "D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg.supp.json", "x"),
        (
            "Screenshot_20220207_102421_com.snapchat.android.jpg",
            "Screenshot_20220207_102421_com.snapchat.androi.json",
            "Screenshot_20220207_102421_com.snapchat.android.jpg",
        ),
        (LONG, "Urlaub in Knaufspesch in der Schneifel (38).JP.json", LONG),
        ("Peanut Butter Balls.jpg", "Peanut Butter Balls.supplemental-metadata.json", "Peanut Butter Balls"),
        ("2013-12-23(1).jpg", "2013-12-23.supplemental-metadata(1).json", "2013-12-23"),
        ("Mum _ Dad_.jpg", "Mum _ Dad_.supplemental-metadata.json", "Mum & Dad?"),
        (f"{'a' * 47}.jpg", f"{'a' * 46}.json", f"{'a' * 80}.jpg"),
        (f"{'a' * 47}(2).jpg", f"{'a' * 46}(2).json", f"{'a' * 80}.jpg"),
    ],
)
def test_a_sidecar_is_its_photo_s(photo: str, json_name: str, title: str) -> None:
    assert belongs(photo, json_name, title)


@pytest.mark.parametrize(
    ("photo", "json_name", "title"),
    [
        ("IMG(1).jpg", "IMG.jpg.json", "IMG.jpg"),
        ("IMG.jpg", "IMG.jpg(1).json", "IMG.jpg"),
        ("2013-12-23(1).jpg", "2013-12-23.supplemental-metadata.json", "2013-12-23"),
        (f"{'a' * 46}c.jpg", f"{'a' * 46}.json", f"{'a' * 46}b.jpg"),
        (f"{'a' * 47}(2).jpg", f"{'a' * 46}(1).json", f"{'a' * 80}.jpg"),
        ("IMG_10.jpg", "IMG_1.jpg.json", "IMG_1.jpg"),
        ("IMG_1.jpg", "IMG_1.json", "another.jpg"),
    ],
)
def test_a_sidecar_of_another_is_not(photo: str, json_name: str, title: str) -> None:
    assert not belongs(photo, json_name, title)


@pytest.mark.parametrize(
    ("edited", "original"),
    [
        ("IMG-edited", "IMG"),
        ("IMG-bearbeitet", "IMG"),
        ("IMG_20120216_094016-edited(1)", "IMG_20120216_094016(1)"),
        (f"{'a' * 44}-ed", "a" * 44),
        ("IMG-ed", ""),
        ("unedited", ""),
    ],
)
def test_an_edited_photo_names_its_original(edited: str, original: str) -> None:
    assert unedited(edited) == original
