"""Where a film changes from one shot to the next, on films made as arrays: nothing is encoded."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from scenedetect.common import FrameTimecode
from tests.helpers.filmed import write_film
from tests.helpers.pictures import scene

from unipic.core.errors import SettingsError
from unipic.video._signals import HEIGHT, WIDTH
from unipic.video.decode import Decoder
from unipic.video.detectors import NAMES, Cut, TwoSignal, detector, installed

Frames = list[np.ndarray]
SIZE = (160, 90)


@cache
def place(seed: int) -> np.ndarray:
    """Places that differ in every part: made-up scenes share their layout."""
    picture = np.asarray(scene(seed, 320, 180)).astype(np.int16)
    tint = np.random.default_rng(seed).integers(-90, 90, (3, 4, 3)).astype(np.int16)
    return np.clip(picture + cv2.resize(tint, (320, 180), interpolation=cv2.INTER_LINEAR), 0, 255).astype(np.uint8)


def shot(seed: int, count: int) -> Frames:
    """A slow pan with the noise of a camera."""
    noise, picture = np.random.default_rng(seed), place(seed)
    frames = []
    for number in range(count):
        view = picture[40 : 40 + SIZE[1], 60 + number // 4 % 80 : 60 + number // 4 % 80 + SIZE[0]]
        frames.append(np.clip(view + noise.integers(-3, 4, view.shape[:2])[..., None], 0, 255).astype(np.uint8))
    return frames


def lit(frame: np.ndarray, by: float, add: float) -> np.ndarray:
    return np.clip(frame * by + add, 0, 255).astype(np.uint8)


def dissolved(a: Frames, b: Frames, length: int) -> Frames:
    shares = [(number + 1) / (length + 1) for number in range(length)]
    mixed = [(x * (1 - s) + y * s).astype(np.uint8) for x, y, s in zip(a[-length:], b[:length], shares, strict=True)]
    return a[:-length] + mixed + b[length:]


def wiped(a: Frames, b: Frames, length: int) -> Frames:
    mixed = []
    for number, (x, y) in enumerate(zip(a[-length:], b[:length], strict=True), 1):
        edge = round(SIZE[0] * number / (length + 1))
        mixed.append(np.concatenate([y[:, :edge], x[:, edge:]], axis=1))
    return a[:-length] + mixed + b[length:]


def faded(a: Frames, b: Frames, level: int, length: int = 10, void: int = 4) -> Frames:
    out = [lit(frame, 1 - n / length, level * n / length) for n, frame in enumerate(a[-length:], 1)]
    into = [lit(frame, n / length, level * (1 - n / length)) for n, frame in enumerate(b[:length])]
    return a[:-length] + out + [np.full_like(a[0], level)] * void + into + b[length:]


def found(frames: Frames, rate: float = 25.0, window: int = 750) -> list[Cut]:
    """What the two-signal detector finds, given frame by frame."""
    ours = TwoSignal(rate, window)
    cuts = []
    for number, frame in enumerate(frames):
        small = cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        luma, red, blue = np.moveaxis(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb), 2, 0)
        cuts += ours._feed(number / rate, np.stack([luma, blue, red]))
    return cuts + ours.end()


def places(cuts: list[Cut], rate: float = 25.0) -> list[int]:
    return [round(cut.at * rate) for cut in cuts]


def test_hard_cuts_to_the_frame_and_none_in_one_shot() -> None:
    assert places(found(shot(1, 40) + shot(2, 6) + shot(3, 9) + shot(1, 40))) == [40, 46, 55]
    assert found(shot(1, 60)) == []
    assert found(shot(1, 1)) == []
    assert found([]) == []


@pytest.mark.parametrize("length", [1, 2, 4])
def test_a_flash_is_no_cut(length: int) -> None:
    frames = shot(1, 80)
    frames[40 : 40 + length] = [lit(frame, 0.3, 180) for frame in frames[40 : 40 + length]]
    assert found(frames) == []


def test_a_strobe_a_lost_signal_and_a_change_of_light_are_none() -> None:
    strobe = [lit(frame, 1, 110) if 30 <= n < 60 and n // 2 % 2 else frame for n, frame in enumerate(shot(1, 90))]
    lost = [np.zeros_like(frame) if 40 <= n < 50 else frame for n, frame in enumerate(shot(2, 90))]
    brighter = [lit(frame, 1 + 0.6 * min(1, max(0, (n - 40) / 8)), 0) for n, frame in enumerate(shot(3, 90))]
    assert found(strobe) == found(lost) == found(brighter) == []


@pytest.mark.parametrize("length", [6, 12, 25])
def test_a_dissolve_is_found_with_its_length(length: int) -> None:
    (cut,) = found(dissolved(shot(1, 60), shot(2, 70), length))
    assert cut.kind == "mix"
    assert 60 - length <= round(cut.at * 25) <= 60
    assert cut.first * 25 >= 60 - length - 2
    assert cut.last * 25 <= 62


def test_a_dissolve_longer_than_its_window_has_its_ends() -> None:
    """The longest window has 50 frames."""
    (cut,) = found(dissolved(shot(1, 120), shot(2, 120), 70))
    assert cut.first * 25 == pytest.approx(50, abs=6)
    assert cut.last * 25 == pytest.approx(119, abs=6)


@pytest.mark.parametrize("seed", range(4))
def test_a_whip_pan_is_no_dissolve(seed: int) -> None:
    """The camera is thrown to another view in ten frames, each of which is blurred by the way it goes."""
    wide = np.concatenate([place(seed), place(seed + 7)[:, ::-1]], axis=1)[40 : 40 + SIZE[1]]
    way = wide.shape[1] - SIZE[0]
    frames = []
    for number in range(110):
        share = min(1.0, max(0.0, (number - 50) / 10))
        begin, length = round(way * share), way // 10 if 50 <= number < 60 else 1
        views = [wide[:, min(way, begin + step) :][:, : SIZE[0]] for step in range(0, length, 6)]
        frames.append(np.mean(views, axis=0).astype(np.uint8))
    assert found(frames) == []


def test_a_wipe_is_found_and_a_passer_by_is_not() -> None:
    (cut,) = found(wiped(shot(1, 60), shot(2, 70), 16))
    assert cut.kind == "mix"
    assert 44 <= round(cut.at * 25) <= 60
    frames = shot(1, 100)
    for number in range(30, 60):
        left = round((number - 30) / 30 * 260) - 100
        frames[number] = frames[number].copy()
        frames[number][:, max(0, left) : max(0, left + 100)] = (30, 25, 28)
    assert found(frames) == []


@pytest.mark.parametrize("level", [0, 255])
def test_a_fade_is_one_change_in_its_middle(level: int) -> None:
    (cut,) = found(faded(shot(1, 60), shot(2, 60), level))
    assert cut.kind == "fade"
    assert 58 <= round(cut.at * 25) <= 66
    assert cut.first <= 57 / 25
    assert cut.last >= 66 / 25


def test_a_long_pause_is_a_shot_of_its_own() -> None:
    cuts = found(faded(shot(1, 60), shot(2, 60), 0, void=80))
    assert [cut.kind for cut in cuts] == ["fade", "fade"]
    assert 70 <= round((cuts[1].at - cuts[0].at) * 25) <= 90


def test_a_cut_inside_a_pan_and_a_pan_without_one() -> None:
    def pan(seed: int, count: int) -> Frames:
        wide = place(seed)
        return [np.ascontiguousarray(wide[40:130, n * 3 : n * 3 + SIZE[0]]) for n in range(count)]

    assert places(found(pan(1, 50) + pan(2, 50))) == [50]
    assert found(pan(1, 50)) == []


@pytest.mark.parametrize("window", [60, 750])
def test_the_size_of_the_windows_changes_nothing(window: int) -> None:
    frames = shot(1, 150) + shot(2, 150)
    frames = dissolved(frames, shot(3, 160), 12)
    frames = faded(frames, shot(4, 200), 0)
    assert found(frames, window=window) == found(frames, window=10_000)


@pytest.mark.parametrize("rate", [12.0, 50.0])
def test_other_rates(rate: float) -> None:
    assert places(found(shot(1, 60) + shot(2, 60), rate), rate) == [60]
    assert found(shot(1, 120), rate) == []


def test_slow_motion_of_1000_pictures_a_second() -> None:
    cuts = found(shot(1, 300) + shot(2, 300), 1000.0)
    assert len(cuts) == 1
    assert abs(cuts[0].at - 0.3) < 0.02


def test_ours_is_a_detector_of_pyscenedetect() -> None:
    ours, cuts = TwoSignal(25.0, window=20), []
    frames = shot(1, 40) + shot(2, 40)
    for number, frame in enumerate(frames):
        cuts += ours.process_frame(FrameTimecode(number, 25.0), np.ascontiguousarray(frame[..., ::-1]))
    cuts += ours.post_process(FrameTimecode(len(frames), 25.0))
    assert [cut.frame_num for cut in cuts] == [40]
    assert ours.event_buffer_length > 20


@pytest.mark.parametrize("name", [name for name in NAMES if not installed(name)])
def test_every_detector_finds_a_plain_cut(name: str, film: Path) -> None:
    its, cuts = detector(name, 25.0), []
    for picture in Decoder(film):
        cuts += its.see(picture, picture.planes(WIDTH, HEIGHT))
    cuts += its.end()
    if name == "threshold":  # finds fades alone
        assert cuts == []
    else:
        assert places(cuts) == [40]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(
        tmp_path_factory.mktemp("film") / "a.mp4", shot(1, 40) + [lit(frame, 0.4, 0) for frame in shot(2, 40)]
    )


def test_an_unknown_detector_is_named() -> None:
    with pytest.raises(SettingsError, match="two-signal"):
        detector("magic", 25.0)
    assert "magic" in installed("magic")
