"""Rules: folders by whole names, the strongest first, and a reason for each."""

from datetime import datetime

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.helpers.galleries import NASTY, photo

from unipic.core.photo import Photo
from unipic.review.rules import PREFERENCES, Rules, folders


@pytest.mark.parametrize(
    ("name", "protected"),
    [
        ("albums/a.jpg", True),
        ("albums/2024/deep/a.jpg", True),
        ("albums2/a.jpg", False),
        ("albums.jpg", False),
        ("x/albums/a.jpg", False),
        ("Albums/a.jpg", False),
    ],
)
@pytest.mark.parametrize("folder", ["albums", "albums/"])
def test_a_folder_is_its_whole_name_from_the_top(name: str, folder: str, protected: bool) -> None:
    assert Rules(protect=(folder,)).protects(photo("a", name=name)) == protected


def test_the_folders_of_a_gallery_are_all_those_above_its_photos() -> None:
    names = ("a/b/c.jpg", "a/d.jpg", "top.jpg", "\udcff[x]/e.jpg")
    assert folders(photo(str(i), name=name) for i, name in enumerate(names)) == ["a", "a/b", "\udcff[x]"]


def best(rules: Rules, *names: str) -> str:
    return min((photo(name, name=name) for name in names), key=rules.key).name


def test_protection_goes_before_preference_and_that_before_the_rest() -> None:
    rules = Rules(protect=("p",), prefer=("one", "two"), avoid=("bin",), by=("larger",))
    assert best(rules, "two/a", "one/a", "p/a", "x/a") == "p/a"
    assert best(rules, "x/a", "two/a", "one/a") == "one/a", "the first preferred folder counts most"
    assert best(rules, "bin/a", "x/a") == "x/a"
    large, small = photo("l", width=800), photo("s", width=40)
    assert min(small, large, key=rules.key) is large


def test_without_rules_all_photos_are_equal() -> None:
    a, b = photo("a", size=1), photo("b", size=2)
    assert Rules().key(a) == Rules().key(b)
    assert Rules().reason(a, b) == ""


@pytest.mark.parametrize(
    ("word", "better", "worse", "words"),
    [
        ("larger", {"width": 800}, {}, "larger (800 x 300 against 400 x 300)"),
        ("more bytes", {"size": 2_000}, {}, "more bytes (2.0 kB against 1.0 kB)"),
        ("fewer bytes", {"size": 500}, {}, "fewer bytes (500 bytes against 1.0 kB)"),
        ("older", {"taken": datetime(2020, 1, 2)}, {}, "older (2020-01-02 00:00:00 against no time)"),
        ("newer", {"taken": datetime(2020, 1, 2)}, {"taken": datetime(2019, 1, 2)}, "newer"),
        ("original", {"camera": "Canon"}, {"camera": "Canon", "edited": "Snapseed"}, "as the camera wrote it"),
        ("HEIF", {"format": "HEIF"}, {}, "HEIF instead of JPEG"),
    ],
)
def test_a_preference_and_its_reason(word: str, better: dict, worse: dict, words: str) -> None:
    rules, a, b = Rules(by=(word,)), photo("a", **better), photo("b", **worse)
    assert rules.key(a) < rules.key(b)
    assert words in rules.reason(a, b)
    assert rules.reason(b, a) == ""


def test_the_reason_names_the_folder() -> None:
    a, b = photo("a", name="keep/a.jpg"), photo("b", name="bin/b.jpg")
    assert Rules(protect=("keep",)).reason(a, b) == "it lies in keep/, which is protected"
    assert Rules(prefer=("keep",)).reason(a, b) == "it lies in keep/, which you prefer"
    assert "bin/" in Rules(avoid=("bin",)).reason(a, b)


def test_a_word_that_is_no_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="prettier"):
        Rules(by=("prettier",))
    assert all(Rules(by=(word,)) for word in PREFERENCES)


names = st.builds(
    "/".join, st.lists(st.sampled_from((*filter(None, NASTY), "albums", "albums2", "[a]*")), min_size=1, max_size=4)
)


@given(names)
def test_a_photo_lies_in_just_the_folders_above_it(name: str) -> None:
    above = folders([photo("a", name=name)])
    for folder in above:
        assert Rules(protect=(folder,)).protects(photo("a", name=name))
        assert not Rules(protect=(folder + "2",)).protects(photo("a", name=name)) or folder + "2" in above
        assert not Rules(protect=(folder,)).protects(photo("b", name=folder + "2/b.jpg")) or folder + "2" in above
        assert not Rules(protect=(folder,)).protects(photo("b", name=folder.rstrip("/")))


@given(
    st.lists(
        st.builds(lambda id, name, size: photo(str(id), name=name, size=size), st.integers(), names, st.integers(1, 3))
    ),
    st.builds(
        Rules, *[st.lists(names, max_size=2).map(tuple)] * 3, st.lists(st.sampled_from(sorted(PREFERENCES))).map(tuple)
    ),
)
def test_a_reason_is_given_for_just_the_better_one_of_two(photos: list[Photo], rules: Rules) -> None:
    for a in photos:
        for b in photos:
            assert bool(rules.reason(a, b)) == (rules.key(a) < rules.key(b))
