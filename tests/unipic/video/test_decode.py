"""Films are opened by their content, decoded upright with growing times, and cost no more than themselves."""

import os
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tests.helpers.filmed import frames, remuxed, walk, write_film

from unipic.core.settings import FilmLimits
from unipic.reading.engines.base import Failure
from unipic.reading.engines.streamed import Allowed, progressed, streamed
from unipic.video._bright import tone_mapped
from unipic.video.decode import Decoder, in_worker
from unipic.video.film import Film, NotAFilm, probe
from unipic.video.packets import coded

RED, BLUE = (200, 30, 30), (30, 30, 200)


def half_and_half(width: int = 96, height: int = 64) -> np.ndarray:
    """Red above blue."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2], picture[height // 2 :] = RED, BLUE
    return picture


def turned(path: Path, to: Path, degrees: int) -> Path:
    with av.open(str(path)) as source, av.open(str(to), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(degrees)
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return to


def test_what_a_header_says(tmp_path: Path) -> None:
    tags = {
        "com.apple.quicktime.creationdate": "2023-09-22T18:34:05+0200",
        "com.apple.quicktime.location.ISO6709": "+52.4597+013.3220+051.178/",
        "creation_time": "2023-09-22T16:34:05.000000Z",
    }
    path = write_film(tmp_path / "a.mov", walk(1, 0.4), tags=tags, sound=440)
    film = probe(path)
    assert (film.name, film.width, film.height, film.frames, film.fps) == ("a.mov", 320, 240, 10, 25.0)
    assert (film.codec, film.container, film.sound, film.hdr) == ("h264", "mov", "aac, 1 channel", "")
    assert film.taken is not None
    assert film.taken.isoformat() == "2023-09-22T18:34:05+02:00"
    assert film.place == (52.4597, 13.322)


def test_times_and_colours(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", [half_and_half()] * 10)
    seen = list(frames(path))
    assert [round(seconds, 2) for seconds, _ in seen] == [0.04 * number for number in range(10)]
    upper, lower = seen[0][1][8, 48], seen[0][1][56, 48]
    assert np.abs(upper - np.array(RED)).max() < 12
    assert np.abs(lower - np.array(BLUE)).max() < 12
    assert [round(seconds, 2) for seconds, _ in frames(path, start=0.2)] == [0.2, 0.24, 0.28, 0.32, 0.36]
    assert [round(seconds, 2) for seconds, _ in frames(path, every=0.1)] == [0.0, 0.08, 0.16, 0.24, 0.32]
    assert seen[0][1].shape == (64, 96, 3)
    assert next(frames(path, size=(32, 18)))[1].shape == (18, 32, 3)


@pytest.mark.parametrize(
    ("degrees", "size", "red"), [(90, (64, 96), "left"), (-90, (64, 96), "right"), (180, (96, 64), "below")]
)
def test_rotation_is_applied(degrees: int, size: tuple[int, int], red: str, tmp_path: Path) -> None:
    path = turned(write_film(tmp_path / "a.mp4", [half_and_half()] * 3), tmp_path / "b.mp4", degrees)
    one = next(iter(Decoder(path)))
    picture = one.picture()
    assert (one.width, one.height) == size
    assert picture.shape == (size[1], size[0], 3)
    edge = {"left": picture[:, :8], "right": picture[:, -8:], "below": picture[-8:]}[red]
    assert np.abs(edge.mean(axis=(0, 1)) - RED).max() < 15
    assert one.planes(32, 18).shape == (3, 18, 32)


def test_pixels_that_are_not_square_are_made_square(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        out.mux(stream.encode(av.VideoFrame.from_ndarray(half_and_half(), "rgb24")))
        out.mux(stream.encode())
    assert next(frames(path))[1].shape == (64, 128, 3)


def test_ten_bits_and_a_high_range(tmp_path: Path) -> None:
    pixels = np.full((4, 4, 3), 0.58 * 65535, np.uint16)  # PQ's code for about paper white
    assert 170 < tone_mapped(pixels, "PQ").mean() < 205
    assert tone_mapped(np.zeros_like(pixels), "HLG").max() == 0
    steps = tone_mapped(np.linspace(0, 65535, 64).astype(np.uint16)[:, None, None].repeat(3, 2), "HLG")[:, 0, 0]
    assert (np.diff(steps.astype(int)) >= 0).all()
    assert steps[-1] == 255


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4"])
def test_an_old_camera_s_film(codec: str, tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.avi", walk(1, 0.4, (160, 120), rate=15), rate=15, codec=codec, options={})
    assert [round(one.seconds * 15) for one in Decoder(path)] == [0, 1, 2, 3, 4, 5]


def test_pictures_at_uneven_times(tmp_path: Path) -> None:
    path, times = tmp_path / "a.mkv", [0, 40, 50, 200, 233, 500]
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for time in times:
            frame = av.VideoFrame.from_ndarray(half_and_half(), "rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    assert [round(one.seconds * 1000) for one in Decoder(path)] == times
    assert [round(seconds * 1000) for seconds, _ in frames(path, start=0.2)] == [200, 233, 500]


def test_of_two_streams_the_larger_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("libx264", rate=25, options={"preset": "ultrafast"}) for _ in range(2)]
        for stream, (width, height) in zip(streams, ((48, 32), (96, 64)), strict=True):
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.disposition = av.stream.Disposition(0)
        for _ in range(3):
            for stream in streams:
                picture = half_and_half(stream.width, stream.height)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        for stream in streams:
            out.mux(stream.encode())
    assert (probe(path).width, probe(path).height) == (96, 64)


def test_the_same_pictures_in_another_container(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", walk(1, 0.4))
    assert coded(str(path)) == coded(str(remuxed(path, tmp_path / "a.mkv")))


def test_cover_art_is_no_film(tmp_path: Path) -> None:
    path, cover = tmp_path / "song.mp4", tmp_path / "cover.mjpeg"
    write_film(cover, [half_and_half()], codec="mjpeg", options={})
    song = write_film(tmp_path / "with.mp4", walk(1, 0.2), sound=440)
    with av.open(str(song)) as source, av.open(str(path), "w") as out:
        sound = out.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = sound
                out.mux(packet)
    with pytest.raises(NotAFilm, match="sound and no pictures"):
        probe(path)


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXTINF:1\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile 'a.mp4'\n",
        b"http://127.0.0.1:9/film.mp4",
        b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        b"",
        b"\0" * 4096,
    ],
)
def test_playlists_and_scripts_are_refused_by_content(content: bytes, tmp_path: Path) -> None:
    write_film(tmp_path / "a.mp4", walk(1, 0.2))
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(NotAFilm):
        probe(path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    write_film(tmp_path / "a.mp4", walk(1, 0.2))
    (tmp_path / "b.mp4").symlink_to(tmp_path / "a.mp4")
    with pytest.raises(OSError, match="link"):
        probe(tmp_path / "b.mp4")


def test_a_picture_larger_than_allowed(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", walk(1, 0.2))
    with pytest.raises(NotAFilm, match="larger than film_pixels"):
        probe(path, limits=FilmLimits(film_pixels=1000))


def test_a_film_that_is_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    whole = write_film(tmp_path / "a.mkv", walk(1, 2.0)).read_bytes()
    path = tmp_path / "b.mkv"
    path.write_bytes(whole[: len(whole) // 2])
    decoder = Decoder(path)
    seen = [one.seconds for one in decoder]
    assert 5 < len(seen) < 50
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("seed", range(12 if not os.environ.get("UNIPIC_NIGHTLY") else 2000))
def test_mutated_films_cost_nothing_but_themselves(seed: int, tmp_path: Path, whole: bytes) -> None:
    chance = np.random.default_rng(seed)
    data = bytearray(whole)
    for _ in range(int(chance.integers(1, 30))):
        data[int(chance.integers(0, len(data) if seed % 2 else 600))] = int(chance.integers(0, 256))
    if seed % 3 == 0:
        del data[int(chance.integers(1, len(data))) :]
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    try:
        seconds = [one.seconds for one in Decoder(path)]
    except NotAFilm:
        return
    assert seconds == sorted(set(seconds))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_film(tmp_path_factory.mktemp("film") / "a.mp4", walk(2, 0.8, (160, 120))).read_bytes()


# Workers.


def _probed(path: str) -> Iterator[Film]:
    yield probe(path)


def _counted(number: int) -> Iterator[int]:
    yield from range(number)


def _dies(number: int) -> Iterator[int]:
    yield number
    os._exit(3)


def _never_gets_on(number: int) -> Iterator[int]:
    yield number
    while True:
        pass


def _gets_on_slowly(number: int) -> Iterator[int]:
    for _ in range(number):
        sum(range(2_000_000))
        progressed()
    yield number


def _takes_memory(number: int) -> Iterator[int]:
    yield len(bytearray(number))


def test_a_worker_gives_results_and_the_errors_of_films(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", walk(1, 0.2))
    assert [film.frames for film in in_worker(_probed, str(path)) if isinstance(film, Film)] == [5]
    (tmp_path / "b.mp4").write_text("no film")
    with pytest.raises(NotAFilm):
        list(in_worker(_probed, str(tmp_path / "b.mp4")))


def test_a_dying_worker_costs_one_film() -> None:
    allowed = Allowed(memory=2_000_000_000, seconds=0.5)
    assert list(streamed(_counted, 3, allowed)) == [0, 1, 2]
    first, failure = streamed(_dies, 7, allowed)
    assert first == 7
    assert isinstance(failure, Failure)
    assert "crashed" in failure.reason
    first, failure = streamed(_never_gets_on, 7, allowed)
    assert isinstance(failure, Failure)
    assert "without getting on" in failure.reason
    assert list(streamed(_gets_on_slowly, 25, allowed)) == [25], "signs of progress count, not the time of all of it"
    (failure,) = streamed(_takes_memory, 4_000_000_000, allowed)
    assert isinstance(failure, Failure)
    assert "memory" in failure.reason


def test_closing_the_iterator_ends_the_worker() -> None:
    results = streamed(_never_gets_on, 7, Allowed(memory=2_000_000_000, seconds=600.0))
    assert next(results) == 7
    results.close()  # type: ignore[attr-defined]
    assert next(results, None) is None


def test_a_name_is_data(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", walk(1, 0.2))
    odd = tmp_path / "concat:x|y%03d.mp4"
    shutil.copy(path, odd)
    assert probe(odd).frames == 5


def test_a_still_picture_is_no_film(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "red").save(tmp_path / "a.jpg")
    with pytest.raises(NotAFilm):
        probe(tmp_path / "a.jpg")
