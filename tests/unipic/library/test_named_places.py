"""Places by coordinates. Points and what a person would call the place, written down before they were asked for."""

import hashlib

import numpy as np
import pytest

from unipic.library.places import FILE, direction, distance_km, places

# Landmarks, streets and stations in the middle of a town and at its edge, of all continents.
POINTS = [
    (48.8584, 2.2945, "Paris", "FR"),
    (48.8606, 2.3376, "Paris", "FR"),
    (41.8902, 12.4922, "Rome", "IT"),
    (43.7731, 11.2560, "Florence", "IT"),
    (45.4642, 9.1916, "Milan", "IT"),
    (45.4341, 12.3388, "Venice", "IT"),
    (40.8518, 14.2681, "Naples", "IT"),
    (52.5163, 13.3777, "Berlin", "DE"),
    (48.1374, 11.5755, "Munich", "DE"),
    (53.5413, 9.9841, "Hamburg", "DE"),
    (50.9413, 6.9583, "Köln", "DE"),
    (47.3769, 8.5417, "Zürich", "CH"),
    (46.9480, 7.4474, "Bern", "CH"),
    (46.2044, 6.1432, "Genève", "CH"),
    (48.2082, 16.3738, "Vienna", "AT"),
    (47.8095, 13.0550, "Salzburg", "AT"),
    (50.0875, 14.4213, "Prague", "CZ"),
    (47.4979, 19.0402, "Budapest", "HU"),
    (52.2297, 21.0122, "Warsaw", "PL"),
    (50.0614, 19.9366, "Kraków", "PL"),
    (51.5007, -0.1246, "London", "GB"),
    (55.9486, -3.1999, "Edinburgh", "GB"),
    (53.3498, -6.2603, "Dublin", "IE"),
    (52.3676, 4.9041, "Amsterdam", "NL"),
    (50.8467, 4.3525, "Brussels", "BE"),
    (55.6761, 12.5683, "Copenhagen", "DK"),
    (59.3293, 18.0686, "Stockholm", "SE"),
    (59.9139, 10.7522, "Oslo", "NO"),
    (60.1699, 24.9384, "Helsinki", "FI"),
    (64.1466, -21.9426, "Reykjavík", "IS"),
    (38.7223, -9.1393, "Lisbon", "PT"),
    (41.1496, -8.6109, "Porto", "PT"),
    (40.4168, -3.7038, "Madrid", "ES"),
    (41.4036, 2.1744, "Barcelona", "ES"),
    (37.9715, 23.7267, "Athens", "GR"),
    (41.0086, 28.9802, "Istanbul", "TR"),
    (30.0444, 31.2357, "Cairo", "EG"),
    (-33.9249, 18.4241, "Cape Town", "ZA"),
    (-1.2864, 36.8172, "Nairobi", "KE"),
    (33.5731, -7.5898, "Casablanca", "MA"),
    (40.7580, -73.9855, "New York City", "US"),
    (37.7749, -122.4194, "San Francisco", "US"),
    (34.0522, -118.2437, "Los Angeles", "US"),
    (41.8781, -87.6298, "Chicago", "US"),
    (47.6062, -122.3321, "Seattle", "US"),
    (29.9511, -90.0715, "New Orleans", "US"),
    (49.2827, -123.1207, "Vancouver", "CA"),
    (43.6532, -79.3832, "Toronto", "CA"),
    (19.4326, -99.1332, "Mexico City", "MX"),
    (23.1136, -82.3666, "Havana", "CU"),
    (-22.9519, -43.2105, "Rio de Janeiro", "BR"),
    (-23.5505, -46.6333, "São Paulo", "BR"),
    (-34.6037, -58.3816, "Buenos Aires", "AR"),
    (-33.4489, -70.6693, "Santiago", "CL"),
    (-12.0464, -77.0428, "Lima", "PE"),
    (35.6586, 139.7454, "Tokyo", "JP"),
    (34.9671, 135.7727, "Kyoto", "JP"),
    (37.5665, 126.9780, "Seoul", "KR"),
    (22.2793, 114.1628, "Hong Kong", "HK"),
    (1.2834, 103.8607, "Singapore", "SG"),
    (13.7563, 100.5018, "Bangkok", "TH"),
    (27.1751, 78.0421, "Agra", "IN"),
    (28.6139, 77.2090, "New Delhi", "IN"),
    (-33.8568, 151.2153, "Sydney", "AU"),
    (-37.8136, 144.9631, "Melbourne", "AU"),
    (-36.8485, 174.7633, "Auckland", "NZ"),
    (-18.1416, 178.4419, "Suva", "FJ"),
]
CITY = 0.95  # of the points; all in the right country


def test_places_are_what_a_person_would_call_them() -> None:
    found = [places().at(latitude, longitude) for latitude, longitude, *_ in POINTS]
    wrong_country = [
        (city, place)
        for place, (*_, city, country) in zip(found, POINTS, strict=True)
        if not place or place.country != country
    ]
    assert wrong_country == []
    wrong = [
        (city, place)
        for place, (*_, city, _) in zip(found, POINTS, strict=True)
        if place
        and not {city}
        & {place.name, *place.others, *((place.within.name, *place.within.others) if place.within else ())}
    ]
    assert len(wrong) <= (1 - CITY) * len(POINTS), wrong


@pytest.mark.parametrize(
    "point", [(0.0, 0.0), (1.0, 1.0), (0.0, -30.0), (-48.88, -123.39), (90.0, 0.0), (-90.0, 0.0), (30.0, -180.0)]
)
def test_the_ocean_and_what_devices_write_without_knowing_are_nowhere(point: tuple[float, float]) -> None:
    assert places().at(*point) is None


def test_a_part_of_a_city_is_in_the_city() -> None:
    part = places().at(40.7580, -73.9855)
    assert part
    assert part.within
    assert part.within.name == "New York City"


def test_across_the_date_line_it_is_not_far() -> None:
    away = distance_km(-17.0, 179.9, np.array([-17.0]), np.array([-179.9]))
    assert away[0] == pytest.approx(21.3, abs=0.2)
    assert np.dot(direction(-17.0, 179.9), direction(-17.0, -179.9)) > 0.99999


def test_a_place_is_known_by_its_id() -> None:
    rome = places().at(41.8902, 12.4922)
    assert rome
    assert places().named(rome.id) is not None
    assert places().named(-1) is None


def test_the_file_is_the_one_its_version_stands_for() -> None:
    """Another file gives photos other places: then raise VERSION in places.py."""
    assert hashlib.sha256(FILE.read_bytes()).hexdigest()[:16] == "c2732a585de8c7c0"
