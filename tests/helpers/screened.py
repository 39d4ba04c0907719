"""Screens as a visitor opens them, by Streamlit's own tester."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from server.runs import Run

FRAME = str(Path(__file__).resolve().parents[2] / "src" / "screens" / "frame.py")
KINDS = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success")


def app(page: str = "", run: Run | None = None) -> AppTest:
    """A screen, perhaps by a run's address."""
    test = AppTest.from_file(FRAME, default_timeout=30)
    if run:
        test.query_params["run"] = run.token
    test.run()
    if page:
        test.switch_page(page)
        test.run()
    assert not test.exception
    return test


def text(test: AppTest) -> str:
    """What is to be read, with its Markdown."""
    return "\n".join(str(element.value) for kind in KINDS for element in getattr(test, kind))


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label == label).click().run()
    assert not test.exception
    return test


def labels(test: AppTest) -> list[str]:
    return [button.label for button in test.button]
