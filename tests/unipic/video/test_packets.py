"""The coded pictures of a film are the same in any container."""

from pathlib import Path

import pytest
from tests.helpers.filmed import remuxed, walk, write_film

from unipic.video.film import NotAFilm
from unipic.video.packets import coded, units_in


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("films") / "film.mp4", walk(1, 1.0), sound=440)


@pytest.mark.parametrize("ending", [".mkv", ".mov", ".ts"])
def test_another_container_has_the_same_pictures(film: Path, ending: str, tmp_path: Path) -> None:
    other = remuxed(film, tmp_path / f"other{ending}")
    assert coded(str(other))[0] == coded(str(film))[0] != ""


def test_the_sound_is_known_by_itself(film: Path, tmp_path: Path) -> None:
    silent, other = remuxed(film, tmp_path / "a.mkv", sound=False), remuxed(film, tmp_path / "b.mkv")
    assert coded(str(silent)) == (coded(str(film))[0], "")
    assert coded(str(other)) == coded(str(film))


@pytest.mark.parametrize("codec", ["libx265", "mjpeg"])
def test_other_codecs_are_known_too(codec: str, tmp_path: Path) -> None:
    quiet = {"x265-params": "log-level=none:pools=1", "preset": "ultrafast"} if codec == "libx265" else {}
    film = write_film(tmp_path / "film.mp4", walk(1, 0.6), codec=codec, options=quiet)
    assert coded(str(remuxed(film, tmp_path / "other.mkv")))[0] == coded(str(film))[0] != ""


def test_other_pictures_are_another_film(film: Path, tmp_path: Path) -> None:
    again = write_film(tmp_path / "again.mp4", walk(1, 1.0), options={"preset": "ultrafast", "crf": "30"})
    assert coded(str(again))[0] not in ("", coded(str(film))[0])


def test_what_is_no_film_has_none(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"not a film" * 100)
    with pytest.raises(NotAFilm):
        coded(str(tmp_path / "film.mp4"))


def test_units_are_the_same_after_lengths_and_after_start_codes() -> None:
    units = [b"\x65picture", b"\x67parameters", b"\x41more"]
    lengths = b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)
    codes = b"\0\0\0\1" + units[0] + b"\0\0\1" + units[1] + b"\0\0\0\1" + units[2]
    assert list(units_in(lengths, "h264")) == list(units_in(codes, "h264")) == [units[0], units[2]]
    assert list(units_in(lengths, "vp9")) == [lengths]
