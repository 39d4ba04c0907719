"""`video keyframes`, `video shots` and `video split`, as a person and as a script use them."""

import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tests.helpers.filmed import write_film
from tests.helpers.pictures import save, scene
from typer.testing import CliRunner, Result

import main
from unipic.sources import base
from unipic.video import gathered, sample_film
from unipic.video.decode import Decoder
from unipic.video.film import probe

pytestmark = pytest.mark.slow

SIZE = (160, 120)
Run = Callable[..., Result]


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command with the built-in encoder, an own memory, and decoding in this process: workers have own tests."""
    monkeypatch.setenv("UNIPIC_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("UNIPIC_OFFLINE", "1")
    monkeypatch.setattr(base, "NEW", 0)
    here = lambda task, item, limits=None: task(item)  # noqa: E731
    monkeypatch.setattr(gathered, "in_worker", here)
    monkeypatch.setattr("unipic.video.decode.in_worker", here)

    def run(*words: object) -> Result:
        return CliRunner().invoke(main.app, ["video", *map(str, words)])

    return run


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three shots, with a key picture at each and a tone."""
    frames = []
    for seed, tint in ((1, (0, 40, 80)), (2, (80, 0, 40)), (3, (40, 80, 0))):
        frames += [np.clip(np.asarray(scene(seed, *SIZE)).astype(int) + tint, 0, 255).astype(np.uint8)] * 40
    path = tmp_path_factory.mktemp("films") / "holiday.mp4"
    return write_film(path, frames, options={"preset": "ultrafast", "g": "20"}, sound=440)


def keyframes(video: Run, *words: object) -> Result:
    return video("keyframes", *words, "--encoder", "builtin")


def test_pictures_into_a_folder_and_again(video: Run, film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = keyframes(video, film, "--to", out)
    assert first.exit_code == 0, first.output
    names = sorted(path.name for path in out.iterdir())
    assert [name[:13] for name in names] == ["holiday_0001_", "holiday_0002_", "holiday_0003_"]
    assert all(name in first.output for name in names)
    again = json.loads(keyframes(video, "-v", film, "-o", out, "--json").stdout)
    (told,) = again["films"]
    assert told["remembered"]
    assert [one["name"] for one in told["pictures"]] == names
    assert {"name", "seconds", "shot", "also_at", "note"} == told["pictures"][0].keys()


def test_a_dry_run_writes_nothing(video: Run, film: Path, tmp_path: Path) -> None:
    done = keyframes(video, film, "--to", tmp_path / "out", "--shots", tmp_path / "a.csv", "--dry-run")
    assert done.exit_code == 0
    assert "nothing was written" in done.output
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "a.csv").exists()


def test_the_seed_s_flags(video: Run, film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("-v", film, "-o", out, "-m", "builtin", "-e", "0.2", "-s", "2", "-t", "cosine", "-p", "-i")
    done = video("keyframes", *words)
    assert done.exit_code == 0, done.output
    assert {"plot.png", "plot-images.png"} <= {path.name for path in out.iterdir()}


def test_a_folder_of_photos_goes_through_clean(video: Run, tmp_path: Path) -> None:
    for seed in (1, 2):
        save(scene(seed), tmp_path / "photos" / f"{seed}.jpg")
    save(scene(1), tmp_path / "photos" / "copy.jpg")
    black = np.zeros((200, 300, 3), np.uint8)
    save(Image.fromarray(black), tmp_path / "photos" / "black.jpg")
    done = keyframes(video, "-d", tmp_path / "photos", "-o", tmp_path / "out", "-e", "0.1")
    assert done.exit_code == 0, done.output
    names = {path.name for path in (tmp_path / "out").rglob("*.jpg")}
    assert "black.jpg" in names, "in a folder of photos nothing is technical"
    assert len(names) == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "name a film"),
        (("FILM",), "--to FOLDER"),
        (("FILM", "-p", "--dry-run"), "name it with --to"),
        (("FILM", "-o", "out", "-m", "ViT-B/32"), "builtin"),
        (("FILM", "-o", "out", "-t", "hamming"), "euclidean"),
        (("FILM", "-o", "out", "--detector", "magic"), "two-signal"),
        (("FILM", "-o", "out", "--per-shot", "9"), "auto or 1"),
        (("FILM", "-o", "out", "--shots", "shots.doc"), ".csv"),
        (("FILM", "-o", "out", "--every", "soon"), "length of time"),
        (("missing.mp4", "-o", "out"), "cannot be opened"),
        (("FILM", "-d", "photos", "-o", "out"), "either films or a folder"),
        (("FILM", "-o", "FILM"), "not a folder"),
    ],
)
def test_what_cannot_be_meant_is_named(
    words: tuple[str, ...], told: str, video: Run, film: Path, tmp_path: Path
) -> None:
    done = video("keyframes", *(str(film) if word == "FILM" else word for word in words))
    assert done.exit_code == 2, done.output
    assert told in done.output.replace("\n", " ")


def test_a_file_that_is_no_film_costs_nothing_but_itself(video: Run, film: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("#EXTM3U\nhttp://127.0.0.1:9/a.ts\n")
    done = keyframes(video, bad, film, "--to", tmp_path / "out")
    assert done.exit_code == 4
    assert "bad.mp4 is no film" in done.output
    assert len(list((tmp_path / "out").iterdir())) == 3
    assert keyframes(video, bad, "--dry-run").exit_code == 1


def test_two_films_of_one_name(video: Run, film: Path, tmp_path: Path) -> None:
    other = write_film(tmp_path / "other" / film.name, [np.asarray(scene(9, *SIZE))] * 40)
    done = keyframes(video, film, other, "--to", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert sorted(path.name[:9] for path in (tmp_path / "out").iterdir()) == ["films0 ho"] * 3 + ["other hol"]


def test_an_all_black_film_says_so(video: Run, tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", [np.zeros((120, 160, 3), np.uint8)] * 100)
    done = keyframes(video, path, "--dry-run")
    assert done.exit_code == 5
    assert "4 s black" in done.output


@pytest.mark.parametrize(
    ("ending", "mark"), [("csv", "Scene Number"), ("edl", "FCM"), ("otio", "Timeline.1"), ("ffmpeg", ";FFMETADATA1")]
)
def test_lists_of_shots(ending: str, mark: str, video: Run, film: Path, tmp_path: Path) -> None:
    path = tmp_path / f"cuts.{ending}"
    done = video("shots", film, "--list", path)
    assert done.exit_code == 0, done.output
    assert "3 shots." in done.output
    text = path.read_text()
    assert mark in text
    if ending == "ffmpeg":
        assert text.count("[CHAPTER]") == 3
        assert "START=1600\nEND=3200" in text
    assert video("shots", film, "--list", path).exit_code == 2, "nothing is overwritten"


def test_shots_as_json(video: Run, film: Path) -> None:
    told = json.loads(video("shots", film, "--json", "--detector", "content").stdout)
    assert [round(shot["start"], 2) for shot in told["shots"]] == [0.0, 1.6, 3.2]


def test_a_film_in_pieces_has_all_its_pictures_and_its_sound(video: Run, film: Path, tmp_path: Path) -> None:
    out = tmp_path / "pieces"
    assert "3" in video("split", film, "--to", out, "--dry-run").output
    assert not out.exists()
    done = video("split", film, "--to", out)
    assert done.exit_code == 0, done.output
    pieces = sorted(out.iterdir())
    assert [path.name for path in pieces] == [f"holiday_00{number}.mp4" for number in (1, 2, 3)]
    assert [sum(1 for _ in Decoder(path)) for path in pieces] == [40, 40, 40]
    assert all(probe(path).sound.startswith("aac") for path in pieces)
    with av.open(str(pieces[1])) as piece, av.open(str(film)) as whole:
        assert piece.streams.video[0].codec_context.extradata == whole.streams.video[0].codec_context.extradata
    again = video("split", film, "--to", out)
    assert again.exit_code != 0, "nothing is overwritten"


def test_a_shot_without_a_key_picture_stays_with_the_one_before(video: Run, tmp_path: Path) -> None:
    frames = [np.asarray(scene(seed, *SIZE)) for seed in (1, 2) for _ in range(40)]
    frames = [frame if number < 40 else 255 - frame for number, frame in enumerate(frames)]
    options = {"preset": "ultrafast", "g": "500", "sc_threshold": "0"}
    path = write_film(tmp_path / "a.mkv", frames, options=options)
    done = video("split", path, "--to", tmp_path / "pieces")
    assert done.exit_code == 0, done.output
    (piece,) = (tmp_path / "pieces").iterdir()
    assert "1 shot" in done.output
    assert sum(1 for _ in Decoder(piece)) == 80


@pytest.mark.parametrize("real", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_the_sample_film_shows_what_there_is_to_find(
    real: bool, video: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With stand-ins for its scenes, which take seconds to paint, and at night with the scenes themselves."""
    for number, name in enumerate(("lake", "city", "dunes", "lavender", "lighthouse", "sunset") if not real else ()):
        monkeypatch.setattr(sample_film, name, lambda t, number=number: _coloured(number))
    if not real:
        monkeypatch.setattr(sample_film, "SIZE", (240, 160))
    path = tmp_path / "sample.mp4"
    assert video("sample", path).exit_code == 0
    told = json.loads(video("shots", path, "--json").stdout)
    assert [shot["kind_in"] for shot in told["shots"]] == ["start", "cut", "cut", "cut", "cut", "mix", "fade"]
    assert video("sample", path).exit_code == 2


def _coloured(number: int) -> Image.Image:
    tint = np.random.default_rng(number).integers(0, 256, (4, 6, 3)).astype(np.uint8)
    return Image.fromarray(tint).resize((1200, 800), Image.Resampling.BICUBIC)
