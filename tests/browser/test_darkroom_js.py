"""What the darkroom works out without a page: orders, choices, keys, the outbox. In real Chromium, without the app."""

import json

import pytest
from tests.browser.scripts import scripts

pytestmark = pytest.mark.browser

MODULES = ("groups", "choices", "filters", "keys", "api")

GROUPS = """
const photo = (id, size, more = {}) => ({ id, size, name: `folder/${id}.jpg`, protected: false, ...more });
const group = (id, lane, certainty, photos, doubt = "") =>
  ({ id, lane, certainty, doubt, photos, suggested: [photos[0].id] });
const sure = group("sure", "identical", 1, [photo("a1", 10), photo("a2", 10)]);
const hard = group("hard", "similar", 0.6, [photo("b1", 50), photo("b2", 70), photo("b3", 30)], "too close to call");
const done = group("done", "same", 0.5, [photo("c1", 5), photo("c2", 5)]);
const fixed = group("fixed", "same", 0.97, [photo("d1", 1), photo("d2", 900, { protected: true }), photo("d3", 2)]);
fixed.photos[2].name = "Été/Côte.JPG";
const clear = group("clear", "similar", 0.85, [photo("e1", 20), photo("e2", 20)]);
const tie = { ...group("tie", "similar", 0.5, [photo("f1", 9), photo("f2", 9)], "too close to call"), tie: 2,
  suggested: ["f1", "f2"] };
const known = { version: 0, groups: [sure, hard, done, fixed],
  choices: { done: { kept: ["c1"], done: true, remembered: true } } };
const list = (sort, filter = {}) => filters.ordered(known, sort, { ...filters.SHOW_ALL, ...filter }).join(" ");
const listing = (...order) => Object.assign(new filters.Listing(), { order });
"""


@pytest.fixture(scope="module")
def run(browser):
    with scripts(browser, "darkroom", MODULES, GROUPS) as started:
        yield started


def test_a_doubtful_group_is_sure_nowhere(run) -> None:
    """List, bulk dialog and both orders agree, however certain the number is."""
    certain = "{ ...hard, certainty: 0.99 }"
    assert not run(f"return groups.sure({certain})")
    assert not run(f"return groups.sure({certain}, 0.9)")
    assert run("return groups.sure(fixed, 0.9) && !groups.sure(fixed, 0.99)")
    order = f"filters.ordered({{ ...known, groups: [{certain}, sure, fixed] }}, 'surest', filters.SHOW_ALL)"
    assert run(f"return {order}") == ["sure", "fixed", "hard"]


@pytest.mark.parametrize(
    ("sort", "filters", "expected"),
    [
        ("hardest", {}, "hard fixed sure done"),
        ("surest", {}, "sure fixed hard done"),
        ("bytes", {}, "hard sure done fixed"),
        ("photos", {}, "hard fixed sure done"),
        ("lane", {}, "sure done fixed hard"),
        ("name", {}, "sure hard done fixed"),
        ("hardest", {"lane": "same"}, "fixed done"),
        ("hardest", {"state": "open"}, "hard fixed sure"),
        ("hardest", {"state": "remembered"}, "done"),
        ("hardest", {"certainty": "sure"}, "fixed sure"),
        ("hardest", {"certainty": "doubtful"}, "hard done"),
        ("name", {"text": "COTE ete"}, "fixed"),
        ("name", {"text": "nowhere"}, ""),
    ],
)
def test_order(run, sort: str, filters: dict[str, str], expected: str) -> None:
    assert run(f"return list({json.dumps(sort)}, {json.dumps(filters)})") == expected


def test_clear_winners_come_first_and_ties_last(run) -> None:
    book = "{ ...known, groups: [tie, hard, done, sure, fixed, clear] }"
    order = run(f"return filters.ordered({book}, 'easiest', filters.SHOW_ALL)")
    assert order == ["clear", "fixed", "sure", "hard", "tie", "done"]
    assert run("return new filters.Listing().sort") == "easiest"


def test_identical_files_nobody_touched_go_together(run) -> None:
    twin = "group('twin', 'identical', 1, [photo('g1', 3), photo('g2', 3), photo('g3', 3, { protected: true })])"
    found = f"""
        const mine = {twin}, touched = {{ ...{twin}, id: "touched" }}, whole = {{ ...{twin}, id: "whole",
          suggested: ["g1", "g2", "g3"] }}, decided = {{ ...{twin}, id: "decided" }};
        const decisions = {{ touched: {{ kept: ["g1", "g2"], done: false }}, decided: {{ kept: ["g1"], done: true }} }};
        return groups.identical({{ groups: [mine, touched, whole, decided, hard, fixed], choices: decisions }})
          .map(({{ group, aside, stays }}) => [group.id, aside.map((one) => one.id), stays.map((one) => one.id)]);
    """
    assert run(found) == [["twin", ["g2"], ["g1", "g3"]]]


def test_clutter_is_listed_in_its_lane_only_and_waits_for_nothing(run) -> None:
    """It stays until the person sets it aside, and comes into no order by itself."""
    found = run("""
        const lone = (id, certainty) => group(id, "blurred", certainty, [photo(id, 4)]);
        const book = { groups: [sure, lone("x", 0.8), lone("y", 0.9)], choices: {} };
        const order = (lane) => filters.ordered(book, "easiest", { ...filters.SHOW_ALL, lane });
        const made = new choices.Choices({ steps: [{ do: "aside", groups: ["x"] }] });
        made.take({ ...book, version: 0 });
        const way = listing("sure");
        way.carry(book.groups, "sure");
        return { all: order(""), lane: order("blurred"), progress: groups.progress(book), way: way.order,
          stays: [...groups.kept(book.groups[1], null)], after: made.book.choices };
    """)
    assert found == {
        "all": ["sure"],
        "lane": ["y", "x"],
        "progress": {"all": 1, "done": 0},
        "way": ["sure"],
        "stays": ["x"],
        "after": {"x": {"kept": [], "done": True, "remembered": False}},
    }


def test_what_is_protected_always_stays(run) -> None:
    assert run("return [...groups.kept(fixed, { kept: [] })]") == ["d2"]
    assert run("return groups.toggled(fixed, null, 'd2')") is None
    assert run("return groups.toggled(fixed, null, 'd1')") == ["d2"]
    assert run("return groups.toggled(fixed, { kept: [] }, 'd3')") == ["d2", "d3"]
    assert run("return groups.gain(fixed, { kept: [] })") == 3


def test_the_way_goes_on_to_what_is_open_and_round(run) -> None:
    way = "listing('sure', 'hard', 'done', 'fixed')"
    assert run(f"return {way}.nextOpen(known.choices, 'hard')") == "fixed"
    assert run(f"return {way}.nextOpen(known.choices, 'fixed')") == "sure"
    assert run("return listing('done', 'hard').nextOpen(known.choices, 'hard')") == ""
    carried = f"const way = {way}; way.carry([sure, fixed, {{ id: 'new' }}], 'hard'); return way.order"
    assert run(carried) == ["sure", "new", "fixed"]


def test_steps_that_wait_lie_on_top_of_what_is_known(run) -> None:
    now = run("""
        const steps = [{ do: "choose", group: "hard", kept: ["b3"], done: false },
          { do: "accept", groups: ["hard", "sure"] },
          { do: "apart", group: "fixed" }, { do: "accept", groups: ["gone"] }];
        const made = new choices.Choices({ steps });
        made.take(known);
        const shown = made.book;
        made.answered({ choices: { done: null }, version: 1, undo: "x", redo: "", ledger: { unreadable: 7 } });
        return { shown, known, after: made.known, progress: groups.progress(shown) };
    """)
    assert now["shown"]["choices"]["hard"] == {"kept": ["b3"], "done": True, "remembered": False}
    assert [group["id"] for group in now["shown"]["groups"]] == ["sure", "hard", "done"]
    assert list(now["known"]["choices"]) == ["done"]
    assert now["after"]["choices"] == {}
    assert now["after"]["ledger"] == {"unreadable": 7}, "the figures above the groups are the server's"
    assert now["progress"] == {"all": 3, "done": 3}


def test_outbox_sends_in_order_and_again_and_remembers(run) -> None:
    sent = run("""
        const sent = [], pauses = [], answers = [0, 503, 200, 429, 200, 409];
        const send = async (step) => (sent.push(step.do), { status: answers.shift(), body: {} });
        const lost = new api.Outbox("t", { send: () => new Promise(() => {}) });
        lost.add({ do: "one" });
        const box = new api.Outbox("t", { send, rest: async (tries) => pauses.push(tries) });
        const told = [];
        box.view = { version: () => 7, onState() {}, onAnswer: (step, { status }) => told.push([step.do, status]) };
        box.add({ do: "two" }), box.add({ do: "three" });
        const kept = JSON.parse(localStorage.getItem(box.key)).map((step) => step.do);
        await box.start();
        return { sent, pauses, told, kept, left: localStorage.length };
    """)
    assert sent["kept"] == ["one", "two", "three"]
    assert sent["sent"] == ["one", "one", "one", "two", "two", "three"]
    assert sent["pauses"] == [0, 1, 0]
    assert sent["told"] == [["one", 200], ["two", 200], ["three", 409]]
    assert sent["left"] == 0


def test_every_key_means_one_thing_and_has_words(run) -> None:
    for view in ("group", "list", "compare", "sample"):
        places = [view, "both"] if view in ("group", "list") else [view]
        names = run("return keys.KEYS.filter((one) => given.includes(one.in)).flatMap((one) => one.keys)", places)
        assert len(names) == len(set(names))
    assert run("return keys.KEYS.every((one) => one.words && one.action && keys.signs(one).length)")


@pytest.mark.parametrize(
    ("html", "press", "action"),
    [
        ("<p>", {"key": "x"}, "keepOnly"),
        ("<p>", {"key": "u", "shiftKey": False}, "undo"),
        ("<p>", {"key": "U", "shiftKey": True}, "redo"),
        ("<p>", {"key": "&", "code": "Digit1"}, "toggleNumber"),
        ("<p>", {"key": "?", "shiftKey": True}, "help"),
        ("<p>", {"key": "c", "ctrlKey": True}, None),
        ("<p>", {"key": "1", "code": "Digit1", "ctrlKey": True}, None),
        ("<p>", {"key": "+", "code": "Digit1"}, "toggleNumber"),
        ("<p>", {"key": "Enter", "repeat": True}, None),
        ("<p>", {"key": "j", "repeat": True}, "nextGroup"),
        ("<p>", {"key": "r"}, None),
        ("<input>", {"key": "x"}, None),
        ("<textarea>", {"key": "Enter"}, None),
        ("<select>", {"key": "ArrowDown"}, None),
        ("<p contenteditable>", {"key": "a"}, None),
        ("<input type=checkbox>", {"key": "x"}, "keepOnly"),
        ("<input type=checkbox>", {"key": " "}, None),
        ("<button>", {"key": "Enter"}, None),
        ("<button>", {"key": "x"}, "keepOnly"),
    ],
)
def test_keys_leave_typing_and_buttons_alone(run, html: str, press: dict[str, object], action: str | None) -> None:
    code = """
        document.body.innerHTML = given.html;
        let heard;
        document.addEventListener("keydown", (event) => (heard = keys.meaning(event, "group")), { once: true });
        document.body.firstChild.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...given.press }));
        return heard?.action ?? null;
    """
    assert run(code, {"html": html, "press": press}) == action
