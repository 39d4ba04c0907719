"""What the gallery works out without a page: places, ranges, words, keys. In real Chromium, without the app."""

import pytest
from tests.browser.scripts import PARTS, scripts

pytestmark = pytest.mark.browser

MODULES = ("layout", "ranges", "words", "keys", "pages", "store")
DAYS = """
const days = [["2024-05-04", 12], ["2024-05-01", 1], ["2023-12-31", 5], ["2023-01-02", 3], ["", 4]];
const made = (width = 500, wanted = 100) => new layout.Layout(days, width, wanted);
"""


@pytest.fixture(scope="module")
def run(browser):
    with scripts(browser, "gallery", MODULES, DAYS) as started:
        yield started


def test_every_photo_has_a_cell_of_its_own_within_the_width(run) -> None:
    for width, wanted in ((500, 100), (358, 96), (80, 300), (1200, 72)):
        seen = run(
            """
            const one = made(...given);
            const corners = Array.from({ length: one.total }, (_, n) => one.corner(n));
            return { corners, cell: one.cell, columns: one.columns, height: one.height, total: one.total };
            """,
            [width, wanted],
        )
        assert seen["total"] == 25
        assert len({(corner["x"], corner["y"]) for corner in seen["corners"]}) == 25
        assert all(corner["x"] + seen["cell"] <= width for corner in seen["corners"])
        assert all(corner["y"] + seen["cell"] <= seen["height"] for corner in seen["corners"])
        rows = [(corner["y"], corner["x"]) for corner in seen["corners"]]
        assert rows == sorted(rows)


def test_what_can_be_seen_is_found_from_any_height(run) -> None:
    """Beside asking every photo and heading: nothing that shows is left out, and not much more is given."""
    assert (
        run("""
            const one = made(), wrong = [];
            for (let top = -50; top < one.height + 50; top += 7) {
              const bottom = top + 230;
              const { photos: [from, to], days: [first, end] } = one.between(top, bottom);
              for (let n = 0; n < one.total; n += 1) {
                const { y } = one.corner(n);
                const shows = y < bottom && y + one.cell > top;
                if (shows && (n < from || n >= to)) wrong.push(["photo", top, n]);
                if (!shows && n >= from && n < to && (y > bottom + one.pitch || y + one.pitch < top - one.pitch))
                  wrong.push(["too many", top, n]);
              }
              days.forEach((_, day) => {
                const shows = one.tops[day] < bottom && one.tops[day] + layout.HEAD > top;
                if (shows && (day < first || day >= end)) wrong.push(["day", top, day]);
              });
            }
            return wrong;
        """)
        == []
    )
    assert run("return new layout.Layout([], 500, 100).between(0, 900)") == {"days": [0, 0], "photos": [0, 0]}


def test_rows_up_and_down_keep_to_the_column(run) -> None:
    # 4 columns: 0-3, 4-7, 8-11; 12; 13-16, 17; 18-20; 21-24
    near = run(
        "const one = made(); return [2, 10, 12, 15, 17, 20, 23].map((n) => [one.rowsOn(n, 1), one.rowsOn(n, -1)])"
    )
    assert near == [[6, 2], [12, 6], [13, 8], [17, 12], [18, 13], [23, 17], [23, 20]]
    assert run("const one = made(); return [one.rowsOn(0, 99), one.rowsOn(24, -99)]") == [21, 0]


def test_years_and_turns_of_time(run) -> None:
    assert [one["year"] for one in run("return made().years()")] == ["2024", "2023", ""]
    assert len(run("return made().years(1e9)")) == 1
    turns = "(day, step, letters) => made().days[made().turn(day, step, letters)][0]"
    assert run(f"return [0, 1, 2, 3, 4].map((day) => ({turns})(day, 1, 7))") == [
        *("2023-12-31", "2023-12-31", "2023-01-02"),
        *("", ""),
    ]
    assert run(f"return [0, 1, 2, 3, 4].map((day) => ({turns})(day, -1, 4))") == [
        *("2024-05-04", "2024-05-04", "2024-05-04"),
        *("2023-12-31", "2023-12-31"),
    ]


def test_a_hundred_thousand_photos_are_laid_out_at_once(run) -> None:
    took = run("""
        const many = Array.from({ length: 7300 }, (_, n) => [String(n), 14]);
        const start = performance.now();
        const one = new layout.Layout(many, 1200, 160);
        for (let top = 0; top < one.height; top += one.height / 1000) one.between(top, top + 900);
        return performance.now() - start;
    """)
    assert took < 200


def test_ranges_are_sets_of_positions(run) -> None:
    """Beside a plain set, over many random steps."""
    assert (
        run("""
        let state = 7, held = [];
        const any = (below) => (state = (state * 48271) % 2147483647) % below;
        const plain = new Set(), wrong = [];
        for (let step = 0; step < 2000; step += 1) {
          const from = any(40), to = from + any(8), on = any(2) === 0;
          held = (on ? ranges.added : ranges.removed)(held, from, to);
          for (let n = from; n < to; n += 1) on ? plain.add(n) : plain.delete(n);
          const same = Array.from({ length: 50 }, (_, n) => n).every((n) => ranges.has(held, n) === plain.has(n));
          const apart = held.every(([a, b], at) => a < b && (at === 0 || held[at - 1][1] < a));
          if (!same || !apart || ranges.count(held) !== plain.size) wrong.push([step, held]);
        }
        return wrong;
    """)
        == []
    )
    assert run("return [ranges.covers([[2, 9]], 3, 9), ranges.covers([[2, 5], [6, 9]], 3, 8)]") == [True, False]


@pytest.mark.parametrize(
    ("day", "long", "month"),
    [
        ("2024-05-04", "Saturday, 4 May 2024", "May 2024"),
        ("1999-12-31", "Friday, 31 December 1999", "December 1999"),
        ("", "No date", "No date"),
    ],
)
def test_days_in_words(run, day: str, long: str, month: str) -> None:
    assert run("return [words.longDay(given), words.monthOf(given)]", day) == [long, month]


def test_a_photo_is_called_by_its_name_its_day_and_what_it_is(run) -> None:
    photo = {"name": "a/<b>.jpg", "taken": "2024-05-04 10:00:00", "kind": ["RAW"], "favourite": True}
    assert run("return words.label(given)", photo) == "<b>.jpg, 4 May 2024, RAW, favourite"
    assert (
        run("return words.label(given)", {**photo, "taken": "", "kind": [], "favourite": False}) == "<b>.jpg, no date"
    )


def test_a_filter_in_an_address(run) -> None:
    asked = run("return store.query({ favourite: true, album: '', tag: 'a&b=c', folder: '\\ud800' })")
    assert asked == "favourite=1&tag=a%26b%3Dc&folder=%EF%BF%BD"
    assert run("return store.query(store.ALL)") == ""


def test_every_key_means_one_thing_in_its_place(run) -> None:
    for place in ("grid", "large"):
        names = run(
            "return keys.KEYS.filter((one) => [given, 'both'].includes(one.in)).flatMap((one) => one.keys)", place
        )
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("html", "press", "action"),
    [
        ("<div role=option>", {"key": "ArrowDown", "repeat": True}, "down"),
        ("<div role=option>", {"key": "Enter"}, "open"),
        ("<div role=option>", {"key": "a", "ctrlKey": True}, "all"),
        ("<div role=option>", {"key": "a", "metaKey": True}, "all"),
        ("<div role=option>", {"key": "A"}, "album"),
        ("<div role=option>", {"key": " ", "shiftKey": True}, "range"),
        ("<div role=option>", {"key": "r", "ctrlKey": True}, ""),
        ("<div role=option>", {"key": "?", "shiftKey": True}, "help"),
        ("<button>", {"key": "Enter"}, ""),
        ("<button>", {"key": "d"}, "day"),
        ("<input>", {"key": "d"}, ""),
        ("<input type=range>", {"key": "ArrowLeft"}, ""),
        ("<div role=slider>", {"key": "ArrowDown"}, ""),
    ],
)
def test_keys_leave_typing_and_buttons_alone(run, html: str, press: dict[str, object], action: str) -> None:
    code = """
        document.body.innerHTML = given.html;
        let heard;
        document.addEventListener("keydown", (event) => (heard = keys.meaning(event, "grid")), { once: true });
        document.body.firstChild.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...given.press }));
        return heard;
    """
    assert run(code, {"html": html, "press": press}) == action


def test_pages_come_where_one_looks_and_once(run) -> None:
    seen = run("""
        const asked = [], come = [];
        let answer = 200;
        let gone = 0;
        const load = async (from, number) => {
          asked.push(from / pages.PAGE);
          return { status: answer, body: Array.from({ length: number }, (_, n) => ({ digest: String(from + n) })) };
        };
        const onPage = (from) => come.push(from / pages.PAGE);
        const all = new pages.Pages({ load, onPage, onGone: () => (gone += 1) });
        const before = all.at(5);
        all.want(0, 5 * pages.PAGE);
        all.want(2 * pages.PAGE, 4 * pages.PAGE);
        while (come.length < 3) await new Promise(requestAnimationFrame);
        all.want(2 * pages.PAGE, 4 * pages.PAGE);
        const late = await all.photo(7 * pages.PAGE + 3);
        all.change((photo) => photo.digest === "205", { favourite: true });
        answer = 410;
        all.want(20 * pages.PAGE, 21 * pages.PAGE);
        while (!gone) await new Promise(requestAnimationFrame);
        return { asked, come, before, late: late.digest, marked: all.at(205).favourite };
    """)
    assert sorted(seen["asked"]) == sorted(set(seen["asked"])), "none is asked for twice"
    assert {2, 3, 7} <= set(seen["come"])
    assert (seen.get("before"), seen["late"], seen["marked"]) == (None, "703", True)


def test_the_part_of_a_photo_that_was_found_is_framed(run) -> None:
    css = (PARTS / "gallery" / "large.css").read_text(encoding="utf-8")
    framed = run(
        """
        const { Stage } = await import("/gallery/stage.js");
        const none = () => "data:,", stage = new Stage({ thumb: none, view: none, full: none }, () => {});
        const style = document.createElement("style"), gallery = document.createElement("div");
        style.textContent = given;
        gallery.className = "gallery";
        stage.element.style.cssText = "position: fixed; inset: 0; width: 800px; height: 600px";
        gallery.append(style, stage.element);
        document.body.append(gallery);
        const photo = (part) => ({ width: 400, height: 300, part });
        stage.show(photo([0.25, 0.5, 0.75, 1]), "a photo");
        const { x, y, width, height } = stage.part.getBoundingClientRect();
        stage.show(photo(null), "another");
        const away = stage.part.hidden;
        gallery.remove();
        return [x, y, width, height, away];
        """,
        css,
    )
    assert framed == [200, 300, 400, 300, True]
