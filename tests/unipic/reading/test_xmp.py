"""What is taken from an XMP packet, and what a hostile one may cost: itself, never the photo."""

import time
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.helpers.pictures import xmp

from unipic.reading._xmp import LARGEST, MAX_PROGRAMS, Xmp, read_xmp, stars_of

NOTHING = Xmp()
AGENTS = '<rdf:li stEvt:action="saved" stEvt:softwareAgent="{}"/>'


def history(*programs: str) -> str:
    return f"<xmpMM:History><rdf:Seq>{''.join(map(AGENTS.format, programs))}</rdf:Seq></xmpMM:History>"


# Stars


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        *((str(n), n) for n in range(-1, 6)),
        (" 4 ", 4),
        ("5.0", 5),
        ("+3", 3),
        ("2.9", 2),
        *((text, None) for text in ("", "NaN", "nan", "inf", "99", "6", "-2", "5.1", "1e0", "0x4", "4_0", "four", "٤")),
        ("9" * 100_000, None),
        ("-1.5", None),
    ],
)
def test_stars_as_attribute_and_as_element(text: str, rating: int | None) -> None:
    assert read_xmp(xmp(f'xmp:Rating="{text}"')).rating == rating
    assert read_xmp(xmp(inside=f"<xmp:Rating>{text}</xmp:Rating>")).rating == rating


def test_the_namespace_counts_and_not_its_prefix() -> None:
    assert read_xmp(xmp('xap:Rating="4" xmlns:xap="http://ns.adobe.com/xap/1.0/"')).rating == 4
    assert read_xmp(xmp('other:Rating="4" xmlns:other="http://example.org/"')).rating is None


@pytest.mark.parametrize("field", ['xmp:Label="5"', 'photoshop:Urgency="5"', 'xmp:RatingPercent="99"', 'Rating="5"'])
def test_labels_and_urgency_are_no_stars(field: str) -> None:
    assert read_xmp(xmp(field)).rating is None


@pytest.mark.parametrize(("percent", "stars"), [(0, 0), (1, 1), (25, 2), (50, 3), (75, 4), (99, 5), (100, 5)])
def test_microsofts_percent(percent: int, stars: int) -> None:
    assert stars_of(percent) == stars
    assert read_xmp(xmp(f'MicrosoftPhoto:Rating="{percent}"')).rating == stars
    assert read_xmp(xmp(inside=f"<MicrosoftPhoto:Rating>{percent}</MicrosoftPhoto:Rating>")).rating == stars


def test_stars_win_over_percent_unless_they_are_nonsense() -> None:
    assert read_xmp(xmp('MicrosoftPhoto:Rating="99" xmp:Rating="2"')).rating == 2
    assert read_xmp(xmp('MicrosoftPhoto:Rating="99" xmp:Rating="0"')).rating == 0
    assert read_xmp(xmp('MicrosoftPhoto:Rating="99" xmp:Rating="77"')).rating == 5
    assert read_xmp(xmp('MicrosoftPhoto:Rating="101"')).rating is None
    assert read_xmp(xmp('MicrosoftPhoto:Rating="-1"')).rating is None


@pytest.mark.parametrize("name", ["xmpMM:Pantry", "xmpMM:Ingredients", "xmpMM:DerivedFrom"])
def test_the_stars_of_another_file_inside_are_not_this_ones(name: str) -> None:
    other = f'<rdf:Description xmp:Rating="5" xmp:CreatorTool="GIMP">{history("Snapseed")}</rdf:Description>'
    found = read_xmp(xmp(inside=f"<{name}><rdf:Bag><rdf:li>{other}</rdf:li></rdf:Bag></{name}>"))
    assert found == NOTHING


def test_properties_may_be_spread_over_descriptions() -> None:
    more = '</rdf:Description><rdf:Description rdf:about="" xmp:Rating="3">'
    assert read_xmp(xmp('xmp:CreatorTool="GIMP"', more)) == Xmp(3, ("GIMP",))


# Programs


def test_programs_the_last_first() -> None:
    found = read_xmp(xmp('xmp:CreatorTool="C" crs:HasSettings="True"', history("first", "second")))
    assert found.programs == ("C", "second", "first", "Adobe Camera Raw")


def test_a_history_in_elements() -> None:
    agent = "<stEvt:softwareAgent>Snapseed 2</stEvt:softwareAgent>"
    step = f'<rdf:li rdf:parseType="Resource">{agent}</rdf:li>'
    assert read_xmp(xmp(inside=f"<xmpMM:History><rdf:Seq>{step}</rdf:Seq></xmpMM:History>")).programs == ("Snapseed 2",)
    assert read_xmp(xmp(inside="<xmp:CreatorTool>GIMP</xmp:CreatorTool>")).programs == ("GIMP",)


@pytest.mark.parametrize(
    ("field", "developed"),
    [
        ('crs:HasSettings="True"', True),
        ('crs:AlreadyApplied="true"', True),
        ('crs:HasSettings="False" crs:AlreadyApplied="False" crs:HasCrop="False"', False),
        ('crs:Version="15.0"', False),
    ],
)
def test_settings_of_a_raw_developer_count_only_where_there_are_any(field: str, developed: bool) -> None:
    assert read_xmp(xmp(field)).programs == (("Adobe Camera Raw",) if developed else ())


def test_a_history_without_end_is_cut() -> None:
    assert len(read_xmp(xmp(inside=history(*["GIMP"] * 5000))).programs) == MAX_PROGRAMS


# Packets of every kind


def test_a_packet_without_wrapper_with_padding_or_as_text() -> None:
    packet = xmp('xmp:Rating="4"')
    bare = packet[packet.index(b"<rdf:RDF") : packet.index(b"</x:xmpmeta>")]
    for data in (packet, bare, packet + b"\0" * 3, packet + b" \n" * 2000, b"\xef\xbb\xbf" + bare, packet.decode()):
        assert read_xmp(data).rating == 4


@pytest.mark.parametrize("packet", [None, b"", "", 7, (1, 2), b"\0\0", b" ", b"<", b"text", b"<a/>"])
def test_what_is_no_packet_says_nothing(packet: Any) -> None:
    assert read_xmp(packet) == NOTHING


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[:-40],
        lambda data: data.replace(b"</rdf:RDF>", b""),
        lambda data: data.replace(b"4", b"4\xff"),
        lambda data: data.replace(b"4", b"\xed\xa0\x80"),
        lambda data: data.replace(b"4", b"4\0"),
        lambda data: data.replace(b"xmlns:xmp=", b"xmlns:other="),
        lambda data: data.replace(b"4", b"&stars;"),
        lambda data: data.decode().encode("utf-16"),
        lambda data: b'<?xml version="1.0" encoding="utf-7"?>' + data[data.index(b"<x:xmp") :].replace(b"4", b"+ADQ-"),
        lambda data: b'<?xml version="1.0" encoding="hex"?>' + data.hex().encode(),
        lambda data: data + data,
    ],
)
def test_a_broken_packet_says_nothing(harm: Any) -> None:
    packet = xmp('xmp:Rating="4"')
    assert read_xmp(packet).rating == 4
    assert read_xmp(harm(packet)) == NOTHING


def with_type(declared: str, packet: bytes) -> bytes:
    return f"<!DOCTYPE x [{declared}]>".encode() + packet[packet.index(b"<x:xmpmeta") :]


def test_a_document_type_is_refused_whatever_it_declares(tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("5")
    laughs = '<!ENTITY a "4">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    packet = xmp(inside="<xmp:Rating>&i;</xmp:Rating>")
    for declared in (laughs, f'<!ENTITY i SYSTEM "file://{secret}">', '<!ENTITY i "5">', ""):
        began = time.perf_counter()
        assert read_xmp(with_type(declared, packet)) == NOTHING
        assert time.perf_counter() - began < 1
    assert read_xmp(with_type("", xmp('xmp:Rating="4"'))) == NOTHING
    assert read_xmp(b'<!DOCTYPE x SYSTEM "http://localhost/x.dtd">' + xmp('xmp:Rating="4"')) == NOTHING


def test_a_packet_has_a_largest_size() -> None:
    packet = xmp('xmp:Rating="4"')
    fits = packet + b" " * (LARGEST - len(packet))
    assert read_xmp(fits).rating == 4
    assert read_xmp(fits + b" ") == NOTHING
    assert read_xmp(b"<" * 50_000_000) == NOTHING


@pytest.mark.parametrize(
    "filling",
    ["<a/>" * 240_000, "<a>" * 130_000 + "</a>" * 130_000, "&#65;" * 190_000, history(*["GIMP" * 20] * 7000)],
    ids=["elements", "depth", "text", "history"],
)
def test_the_worst_that_fits_is_read_in_no_time(filling: str) -> None:
    packet = xmp('xmp:Rating="4"', filling)
    assert len(packet) <= LARGEST
    began = time.process_time()
    assert read_xmp(packet).rating == 4
    assert time.process_time() - began < 5


@given(st.binary(max_size=300), st.integers(0, 1000))
def test_no_bytes_break_the_reader(data: bytes, at: int) -> None:
    packet = xmp('xmp:Rating="4"')
    for hostile in (data, packet[:at] + data + packet[at:], packet[:at] + data):
        assert isinstance(read_xmp(hostile), Xmp)


@given(st.text(max_size=50))
def test_no_text_breaks_the_reader(text: str) -> None:
    rating = read_xmp(xmp(f'xmp:Rating="{text}"')).rating
    assert rating is None or -1 <= rating <= 5
