"""What a photo says about itself, and what nonsense costs: itself, never the photo."""

import io
import struct
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from tests.helpers.pictures import xmp

from unipic.reading._exif import TEXT, Exif, parse_moment, read_exif
from unipic.reading.images import orientation

MAKE, MODEL, ORIENTATION, DATE_TIME = 271, 272, 274, 306
ORIGINAL, DIGITIZED, OFFSET, OFFSET_ORIGINAL, SUBSEC, SUBSEC_ORIGINAL = 36867, 36868, 36880, 36881, 37520, 37521
SOFTWARE, PROCESSING_SOFTWARE, RATING, RATING_PERCENT = 0x131, 0x0B, 0x4746, 0x4749
TIME, F_NUMBER, ISO, BIAS, RECOMMENDED, ISO_SPEED = 0x829A, 0x829D, 0x8827, 0x9204, 0x8832, 0x8833
OF_EXIF, OF_GPS = 0x8769, 0x8825
NORTH, LATITUDE, EAST, LONGITUDE = 1, 2, 3, 4


def read_back(*metadata: Any, **named: Any) -> Exif:
    """Through a real file, because writing and parsing change types."""
    with Image.open(written(*metadata, **named)) as image:
        return read_exif(image)


def written(
    tags: dict[int, Any] | None = None,
    inner: dict[int, Any] | None = None,
    gps: dict[int, Any] | None = None,
    packet: bytes = b"",
) -> io.BytesIO:
    exif = Image.Exif()
    exif.update(tags or {})
    if inner:
        exif.get_ifd(OF_EXIF).update(inner)
    if gps:
        exif.get_ifd(OF_GPS).update(gps)
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=exif.tobytes(), xmp=packet)
    return buffer


class Told:
    """An image whose EXIF is whatever a test says."""

    def __init__(self, tags: dict[int, Any], gps: dict[int, Any] | None = None) -> None:
        self.info: dict[str, Any] = {}
        self.exif = Image.Exif()
        self.exif.update(tags)
        self.exif._ifds[OF_GPS] = gps or {}  # type: ignore[attr-defined]

    def getexif(self) -> Image.Exif:
        return self.exif


def told(tags: dict[int, Any], gps: dict[int, Any] | None = None) -> Exif:
    return read_exif(Told(tags, gps))  # type: ignore[arg-type]


# When


def test_the_moment_of_the_shutter_with_its_fraction_and_zone() -> None:
    inner = {ORIGINAL: "2024:06:12 18:03:05", SUBSEC_ORIGINAL: "25", OFFSET_ORIGINAL: "+02:00"}
    expected = datetime(2024, 6, 12, 18, 3, 5, 250_000, timezone(timedelta(hours=2)))
    taken = read_back({DATE_TIME: "2025:01:01 00:00:01"}, inner).taken
    assert taken == expected
    assert taken is not None
    assert taken.utcoffset() == timedelta(hours=2)


def test_without_a_zone_local_time_stays_local() -> None:
    taken = read_back(inner={ORIGINAL: "2024:06:12 18:03:05"}).taken
    assert taken == datetime(2024, 6, 12, 18, 3, 5)
    assert taken is not None
    assert taken.tzinfo is None


@pytest.mark.parametrize("broken", [None, "0000:00:00 00:00:00", "    :  :     :  :  "])
def test_falls_back_to_digitized_and_to_changed(broken: str | None) -> None:
    original = {} if broken is None else {ORIGINAL: broken}
    both = read_back({DATE_TIME: "2021:01:01 10:00:00"}, original | {DIGITIZED: "2020:01:01 10:00:00"})
    assert both.taken == datetime(2020, 1, 1, 10)
    one = read_back({DATE_TIME: "2021:01:01 10:00:00"}, original | {SUBSEC: "5", OFFSET: "-03:30"})
    assert one.taken == datetime(2021, 1, 1, 10, 0, 0, 500_000, timezone(-timedelta(hours=3, minutes=30)))


def test_whether_the_camera_said_so() -> None:
    """A program that saves a file writes the moment it did so."""
    assert read_back(inner={ORIGINAL: "2024:06:12 18:03:05"}).taken_by_camera
    assert read_back(inner={DIGITIZED: "2024:06:12 18:03:05"}).taken_by_camera
    assert not read_back({DATE_TIME: "2024:06:12 18:03:05"}).taken_by_camera
    assert not read_back({DATE_TIME: "2024:06:12 18:03:05"}, {ORIGINAL: "0000:00:00 00:00:00"}).taken_by_camera


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "1970:01:01 00:00:00",
        "0001:01:01 00:00:00",
        "1111:11:11 11:11:11",
        "2099:12:31 23:59:59",
        "9999:12:31 23:59:59",
        "2023:02:30 25:61:61",
        "2023:02:29 10:00:00",
        "2023:13:01 10:00:00",
        "2023:00:10 10:00:00",
        "2023:01:01 24:00:00",
        "2016:12:31 23:59:60",
        "yesterday",
        "2023-01-01T10:00:00Z",
        "2023:01:01",
        "20230101100000",
        "-2023:01:01 10:00:00",
        "2023:01:01 10:00:00 PM",
        "<script>alert(1)</script>",
        "%Y:%m:%d %H:%M:%S",
        "\0" * 19,
        "9" * 10_000,
    ],
)
def test_nonsense_is_no_moment(text: str) -> None:
    assert parse_moment(text) is None
    assert told({ORIGINAL: text}).taken is None


def test_an_hour_that_daylight_saving_skips_or_repeats_is_kept_as_written() -> None:
    for text, hour in (("2024:03:31 02:30:00", 2), ("2024:10:27 02:30:00", 2)):
        taken = parse_moment(text)
        assert taken is not None
        assert (taken.hour, taken.tzinfo, taken.fold) == (hour, None, 0)


def test_a_clock_up_to_a_day_ahead_is_a_time_zone() -> None:
    ahead = datetime.now().replace(microsecond=0) + timedelta(hours=20)
    assert parse_moment(ahead.strftime("%Y:%m:%d %H:%M:%S")) == ahead
    too_far = datetime.now() + timedelta(days=2)
    assert parse_moment(too_far.strftime("%Y:%m:%d %H:%M:%S")) is None


@pytest.mark.parametrize(
    ("fraction", "microseconds"),
    [
        ("5", 500_000),
        ("05", 50_000),
        ("57", 570_000),
        ("001001", 1001),
        (" 12 ", 120_000),
        ("9" * 30, 999_999),
        ("", 0),
        ("-5", 0),
        ("1.5", 0),
        ("x", 0),
        ("²", 0),
    ],
)
def test_fractions_of_a_second(fraction: str, microseconds: int) -> None:
    taken = parse_moment("2024:06:12 18:03:05", fraction)
    assert taken == datetime(2024, 6, 12, 18, 3, 5, microseconds)


@pytest.mark.parametrize("offset", ["", "Z", "+2:00", "+0200", "+24:00", "+99:99", "+02:75", "02:00", "   :  "])
def test_an_offset_that_is_none_leaves_local_time(offset: str) -> None:
    taken = parse_moment("2024:06:12 18:03:05", "", offset)
    assert taken == datetime(2024, 6, 12, 18, 3, 5)


ANY_TEXT = st.one_of(
    st.text(), st.from_regex(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d"), st.from_regex(r"[+-]\d\d:\d\d"), st.from_regex(r"\d+")
)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_no_text_breaks_the_parser(moment: str, fraction: str, offset: str) -> None:
    taken = parse_moment(moment, fraction, offset)
    assert taken is None or datetime.fromisoformat(taken.isoformat()) == taken


ANY_VALUE = st.one_of(
    st.none(),
    st.text(),
    st.binary(),
    st.integers(),
    st.floats(),
    st.tuples(st.integers(), st.integers()),
    st.tuples(st.floats(), st.floats(), st.floats()),
    st.tuples(st.text(), st.text(), st.text()),
)
KNOWN = (
    *(MAKE, MODEL, ORIENTATION, DATE_TIME, ORIGINAL, SUBSEC_ORIGINAL, OFFSET_ORIGINAL),
    *(SOFTWARE, PROCESSING_SOFTWARE, RATING, RATING_PERCENT),
)


@given(
    st.dictionaries(st.sampled_from(KNOWN), ANY_VALUE),
    st.dictionaries(st.sampled_from((NORTH, LATITUDE, EAST, LONGITUDE)), ANY_VALUE),
)
def test_tags_of_any_type_break_nothing(tags: dict[int, Any], gps: dict[int, Any]) -> None:
    exif, turned = told(tags, gps), orientation(Told(tags))  # type: ignore[arg-type]
    assert turned in range(1, 9)
    assert type(turned) is int
    assert len(exif.camera) <= TEXT
    assert exif.camera.isprintable()
    assert exif.place is None or (abs(exif.place[0]) <= 90 and abs(exif.place[1]) <= 180)
    assert exif.rating is None or exif.rating in range(6)
    assert exif.edited == ""


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    image = Image.new("RGB", (1, 1))
    image.info["exif"] = b"Exif\0\0" + data
    assert isinstance(read_exif(image), Exif)


def test_a_broken_inner_directory_costs_only_itself() -> None:
    class Half(Image.Exif):
        def get_ifd(self, tag: int) -> dict[int, Any]:
            raise ValueError("broken")

    image = Told({})
    image.exif = Half()
    image.exif.update({MAKE: "Canon", DATE_TIME: "2020:01:01 10:00:00"})
    exif = read_exif(image)  # type: ignore[arg-type]
    assert (exif.camera, exif.taken, exif.place) == ("Canon", datetime(2020, 1, 1, 10), None)


# Where


def place(north: str, latitude: Any, east: str, longitude: Any) -> tuple[float, float] | None:
    return read_back(gps={NORTH: north, LATITUDE: latitude, EAST: east, LONGITUDE: longitude}).place


@pytest.mark.parametrize(
    ("north", "east", "signs"), [("N", "E", (1, 1)), ("S", "E", (-1, 1)), ("N", "W", (1, -1)), ("S", "W", (-1, -1))]
)
def test_places_in_all_four_quarters(north: str, east: str, signs: tuple[int, int]) -> None:
    found = place(north, (48.0, 51.0, 30.0), east, (2.0, 21.0, 7.2))
    assert found == pytest.approx((signs[0] * 48.858333, signs[1] * 2.352))


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        ((91.0, 0.0, 0.0), (10.0, 0.0, 0.0)),
        ((10.0, 0.0, 0.0), (541.0, 0.0, 0.0)),
        ((89.0, 61.0, 0.0), (10.0, 0.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    ],
)
def test_impossible_places_and_the_gulf_of_guinea_are_none(latitude: Any, longitude: Any) -> None:
    assert place("N", latitude, "E", longitude) is None
    assert place("S", latitude, "W", longitude) is None


def test_the_equator_and_greenwich_are_places() -> None:
    assert place("N", (0.0, 0.0, 0.0), "E", (10.0, 0.0, 0.0)) == (0, 10)
    assert place("N", (51.0, 30.0, 0.0), "E", (0.0, 0.0, 0.0)) == (51.5, 0)


@pytest.mark.parametrize(
    "parts",
    [
        (IFDRational(48, 0), IFDRational(0, 0), IFDRational(0, 1)),
        (float("nan"), 0.0, 0.0),
        (float("inf"), 0.0, 0.0),
        (10**400, 0, 0),
        (48.0,),
        (48.0, 51.0, 30.0, 1.0),
        (),
        48.0,
        "48",
        b"\x30\x33\x1e",
        ("a", "b", "c"),
        None,
    ],
    ids=repr,
)
def test_degrees_that_are_none_are_no_place(parts: Any) -> None:
    gps = {NORTH: "N", LATITUDE: parts, EAST: "E", LONGITUDE: (10.0, 0.0, 0.0)}
    found = told({}, gps).place
    assert found is None or found == pytest.approx((48 + 51 / 60 + 30 / 3600, 10))


def test_half_a_place_is_none() -> None:
    assert read_back(gps={NORTH: "N", LATITUDE: (48.0, 0.0, 0.0)}).place is None
    assert read_back(gps={LATITUDE: (48.0, 0.0, 0.0), LONGITUDE: (10.0, 0.0, 0.0)}).place is None


# With what


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Apple", "iPhone 12", "Apple iPhone 12"),
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("CANON", "canon eos", "canon eos"),
        ("", "X100V", "X100V"),
        ("SONY", "", "SONY"),
        ("", "", ""),
        ("A\x00\x1b[31m\nB", "C\u202eD", "A[31mB CD"),
        (" Leica ", " M11\0\0", "Leica M11"),
    ],
)
def test_the_cameras_name(make: str, model: str, camera: str) -> None:
    assert told({MAKE: make, MODEL: model}).camera == camera


def test_a_name_without_end_is_cut() -> None:
    assert read_back({MAKE: "X" * 30_000}).camera == "X" * TEXT
    assert told({MAKE: b"Caf\xe9 " + b"x" * 500}).camera.startswith("Caf\ufffd x")


# This press of the shutter


def ratio(numerator: int, denominator: int) -> IFDRational:
    return IFDRational(numerator, denominator)


FULL = {TIME: ratio(1, 125), F_NUMBER: ratio(8, 1), ISO: 100, BIAS: ratio(2, 3)}


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({}, ""),
        (FULL, "1/125 s, f/8, ISO 100, +0.7 EV"),
        ({**FULL, BIAS: ratio(0, 1)}, "1/125 s, f/8, ISO 100"),
        ({**FULL, F_NUMBER: None}, "1/125 s, ISO 100, +0.7 EV"),
        ({TIME: ratio(10, 80_000)}, "1/8000 s"),
        ({TIME: ratio(1, 3)}, "1/3 s"),
        ({TIME: ratio(4, 10)}, "0.4 s"),
        ({TIME: ratio(13, 10)}, "1.3 s"),
        ({TIME: ratio(30, 1)}, "30 s"),
        ({TIME: ratio(86_400, 1)}, "86400 s"),
        ({F_NUMBER: ratio(178, 100)}, "f/1.78"),
        ({F_NUMBER: ratio(1_244_236, 699_009)}, "f/1.78"),
        ({F_NUMBER: ratio(22, 1)}, "f/22"),
        ({ISO: (400, 0)}, "ISO 400"),
        ({ISO: 65_535, RECOMMENDED: 102_400}, "ISO 102400"),
        ({ISO: 65_535, ISO_SPEED: 204_800}, "ISO 204800"),
        ({BIAS: ratio(-1, 3)}, "-0.3 EV"),
        ({BIAS: ratio(1, 1)}, "+1 EV"),
        ({BIAS: ratio(1, 100)}, ""),
    ],
)
def test_how_it_was_exposed(tags: dict[int, Any], words: str) -> None:
    assert told({tag: value for tag, value in tags.items() if value is not None}).exposure == words


def test_exposure_is_found_where_cameras_put_it() -> None:
    assert read_back(inner=FULL).exposure == "1/125 s, f/8, ISO 100, +0.7 EV"
    assert read_back(inner={TIME: ratio(1, 0), F_NUMBER: ratio(0, 0), ISO: 200}).exposure == "ISO 200"


@pytest.mark.parametrize("tag", [TIME, F_NUMBER, ISO, BIAS])
@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "1/125", "100", b"100", (), ("a",), ((1, 2),), [1], object()),
        *(float("nan"), float("inf"), -float("inf"), 1e308, 10**400, -1e9),
        *(ratio(1, 0), ratio(0, 0), ratio(10**400, 1), ratio(0, 5), ratio(4_294_967_295, 1)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_nonsense_is_no_exposure(tag: int, value: Any) -> None:
    """And costs only itself."""
    assert told({tag: value}).exposure == ""
    rest = {**FULL, tag: value}
    assert told(rest).exposure == told({other: fact for other, fact in FULL.items() if other != tag}).exposure


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1), st.integers(-(2**31), 2**31))
def test_any_numbers_give_a_short_line(a: int, b: int, iso: int, bias: int) -> None:
    line = told({TIME: ratio(a, b), F_NUMBER: ratio(b, a), ISO: iso, BIAS: ratio(bias, b)}).exposure
    assert len(line) < 60
    assert line.isascii()
    assert "e+" not in line
    assert "e-" not in line


# Which way up


@pytest.mark.parametrize(("value", "turned"), [(n, n) for n in range(1, 9)] + [(0, 1), (9, 1), (65535, 1)])
def test_orientation(value: int, turned: int) -> None:
    with Image.open(written({ORIENTATION: value})) as image:
        assert orientation(image) == turned


@pytest.mark.parametrize("value", [None, "6", b"\x06", (6,), (6, 6), 6.5, -6, float("nan")])
def test_an_orientation_of_another_type_is_none(value: Any) -> None:
    assert orientation(Told({ORIENTATION: value})) == 1  # type: ignore[arg-type]


def test_a_picture_without_exif_says_nothing() -> None:
    assert read_exif(Image.new("RGB", (8, 8))) == Exif()


# What became of it since


@pytest.mark.parametrize(
    ("tags", "rating"),
    [
        ({}, None),
        *(({RATING: stars}, stars) for stars in range(6)),
        ({RATING: 6}, None),
        ({RATING: 65535}, None),
        ({RATING: 65535, RATING_PERCENT: 50}, 3),
        ({RATING_PERCENT: 99}, 5),
        ({RATING_PERCENT: 1}, 1),
        ({RATING_PERCENT: 0}, 0),
        ({RATING_PERCENT: 101}, None),
        ({RATING: 2, RATING_PERCENT: 99}, 2),
    ],
)
def test_stars_in_exif(tags: dict[int, Any], rating: int | None) -> None:
    assert read_back(tags).rating == rating


@pytest.mark.parametrize("value", [None, "4", b"4", (4,), (4, 4), 4.0, float("nan"), -1])
def test_stars_of_another_type_are_none(value: Any) -> None:
    assert told({RATING: value}).rating is None
    assert told({RATING_PERCENT: value}).rating is None


def test_stars_in_xmp_win_over_exif() -> None:
    assert read_back({RATING: 2}, packet=xmp('xmp:Rating="5"')).rating == 5
    assert read_back({RATING: 2}, packet=xmp('xmp:Rating="0"')).rating == 0
    assert read_back({RATING: 2}, packet=xmp('xmp:Rating="-1"')).rating == -1
    assert read_back({RATING: 2}, packet=xmp('xmp:Rating="99"')).rating == 2
    assert read_back({RATING: 2}, packet=b"<broken").rating == 2


@pytest.mark.parametrize(
    ("tags", "packet", "edited"),
    [
        ({}, xmp(), ""),
        ({SOFTWARE: "Ver.1.00"}, xmp(), ""),
        ({SOFTWARE: "Snapseed 2.0"}, xmp(), "Snapseed"),
        ({PROCESSING_SOFTWARE: "darktable 4.2"}, xmp(), "darktable"),
        ({SOFTWARE: "Ver.1.00"}, xmp('xmp:CreatorTool="Adobe Photoshop Lightroom 6.0"'), "Lightroom"),
        ({SOFTWARE: "GIMP 2.10"}, xmp('xmp:CreatorTool="Adobe Photoshop CS5"'), "GIMP"),
        ({SOFTWARE: "17.1"}, xmp('xmp:CreatorTool="17.1"'), ""),
        ({}, xmp('crs:HasSettings="True"'), "Camera Raw"),
        ({MAKE: "Snapseed", MODEL: "GIMP", 270: "Photoshop", 315: "Picasa"}, xmp('xmp:Label="GIMP"'), ""),
    ],
)
def test_editors_leave_their_name(tags: dict[int, Any], packet: bytes, edited: str) -> None:
    assert read_back(tags, packet=packet).edited == edited


def test_broken_exif_does_not_cost_xmp() -> None:
    buffer = io.BytesIO()
    packet = xmp('xmp:Rating="4" xmp:CreatorTool="GIMP"')
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=b"Exif\0\0nonsense", xmp=packet)
    with Image.open(buffer) as image:
        exif = read_exif(image)
    assert (exif.rating, exif.edited) == (4, "GIMP")


@given(st.binary(max_size=200) | st.text() | st.tuples(st.integers()))
def test_no_packet_breaks_the_reader(packet: Any) -> None:
    image = Image.new("RGB", (1, 1))
    image.info["xmp"] = packet
    assert isinstance(read_exif(image), Exif)


# When, by IPTC and by satellites

PHOTOSHOP = 1028


def iim(*datasets: tuple[int, str]) -> bytes:
    """IPTC's IIM by hand: record 2, each dataset with its number, its length and its text."""
    return b"".join(b"\x1c\x02" + struct.pack(">BH", number, len(text)) + text.encode() for number, text in datasets)


def by_iptc(*datasets: tuple[int, str], inner: dict[int, Any] | None = None, **more: Any) -> Exif:
    """Of a JPEG, where IPTC lies in Photoshop's segment."""
    body = iim(*datasets)
    resource = b"8BIM" + struct.pack(">HHI", PHOTOSHOP, 0, len(body)) + body + bytes(len(body) % 2)
    segment = b"Photoshop 3.0\0" + resource
    jpeg = written(inner=inner, **more).getvalue()
    jpeg = jpeg[:2] + b"\xff\xed" + struct.pack(">H", 2 + len(segment)) + segment + jpeg[2:]
    with Image.open(io.BytesIO(jpeg)) as image:
        return read_exif(image)


@pytest.mark.parametrize(
    ("datasets", "expected"),
    [
        ([(55, "20240612"), (60, "180305+0200")], "2024-06-12 18:03:05+02:00"),
        ([(55, "20240612"), (60, "180305-0330")], "2024-06-12 18:03:05-03:30"),
        ([(55, "20240612"), (60, "180305")], "2024-06-12 18:03:05"),
        ([(62, "20240612"), (63, "180305+0000")], "2024-06-12 18:03:05+00:00"),
        ([(62, "20230101"), (63, "000001"), (55, "20240612"), (60, "180305")], "2024-06-12 18:03:05"),
        ([(55, "20240612")], "None"),  # a day alone would be midnight
        ([(60, "180305")], "None"),
        ([(55, "20240600"), (60, "180305")], "None"),
        ([(55, "20240612"), (60, "1803")], "None"),
        ([(55, "19700101"), (60, "000000")], "None"),
    ],
)
def test_the_moment_by_iptc(datasets: list[tuple[int, str]], expected: str) -> None:
    said = by_iptc(*datasets)
    assert str(said.taken) == expected
    assert said.taken_by_camera


def test_what_the_camera_wrote_comes_before_iptc_and_iptc_before_a_change() -> None:
    datasets = ((55, "20240612"), (60, "180305"))
    assert str(by_iptc(*datasets, inner={ORIGINAL: "2020:01:01 10:00:00"}).taken) == "2020-01-01 10:00:00"
    assert str(by_iptc(*datasets, tags={DATE_TIME: "2025:01:01 00:00:01"}).taken) == "2024-06-12 18:03:05"


def test_iptc_of_a_tiff() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "TIFF", tiffinfo={33723: iim((55, "20240612"), (60, "180305+0200"))})
    with Image.open(buffer) as image:
        assert str(read_exif(image).taken) == "2024-06-12 18:03:05+02:00"


GPS_TIME, GPS_DAY = 7, 29
SATELLITES = {GPS_TIME: (16.0, 3.0, 5.25), GPS_DAY: "2024:06:12"}


def test_the_satellites_time_is_utc_and_no_clock_s() -> None:
    said = read_back(gps=SATELLITES)
    assert str(said.taken) == "2024-06-12 16:03:05.250000+00:00"
    assert not said.taken_by_camera


def test_with_an_offset_the_satellites_time_is_local() -> None:
    said = read_back(inner={OFFSET_ORIGINAL: "+02:00"}, gps=SATELLITES)
    assert str(said.taken) == "2024-06-12 18:03:05.250000+02:00"
    assert said.taken_by_camera
    home = read_back(inner={OFFSET_ORIGINAL: "+00:00"}, gps=SATELLITES)
    assert home.taken_by_camera, "where the clocks show UTC"


def test_the_satellites_time_comes_after_cameras_and_iptc_and_before_a_change() -> None:
    assert str(read_back(inner={ORIGINAL: "2020:01:01 10:00:00"}, gps=SATELLITES).taken) == "2020-01-01 10:00:00"
    assert str(by_iptc((55, "20240612"), (60, "180305"), gps=SATELLITES).taken) == "2024-06-12 18:03:05"
    assert str(read_back({DATE_TIME: "2025:01:01 00:00:01"}, gps=SATELLITES).taken).startswith("2024-06-12 16:03:05")


@pytest.mark.parametrize(
    "gps",
    [
        {GPS_DAY: "2024:06:12"},
        {GPS_TIME: (16.0, 3.0, 5.0)},
        {GPS_TIME: (25.0, 0.0, 0.0), GPS_DAY: "2024:06:12"},
        {GPS_TIME: (1.0, 2.0, 99.0), GPS_DAY: "2024:06:12"},
        {GPS_TIME: (16.0, 3.0), GPS_DAY: "2024:06:12"},
        {GPS_TIME: "16:03:05", GPS_DAY: "2024:06:12"},
        {GPS_TIME: (IFDRational(1, 0), 3, 5), GPS_DAY: "2024:06:12"},
        {GPS_TIME: (16.0, 3.0, 5.0), GPS_DAY: "0000:00:00"},
        {GPS_TIME: (16.0, 3.0, 5.0), GPS_DAY: 7},
    ],
)
def test_nonsense_of_satellites_is_no_time(gps: dict[int, Any]) -> None:
    assert told({}, gps).taken is None
