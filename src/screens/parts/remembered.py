"""Decisions about these photos, from this run and earlier ones, to look through, to ignore and to take back."""

import secrets
from datetime import datetime

import streamlit as st

from screens.parts.words import and_more, count, plain
from server.runs import Run
from unipic.core.language import gettext as _, ngettext
from unipic.library.decisions import Ruling
from unipic.review.desk import Desk
from unipic.review.history import Earlier

MAX_ROWS_SHOWN = 100  # rows; the command line lists them all
MAX_PHOTOS_SHOWN = 5  # of a row
STYLE = """
<style>
  .st-key-remembered img { width: 4.5rem; height: 4.5rem; object-fit: cover; border-radius: 0.4rem; margin: 0.2rem; }
</style>
"""


def ask_about_earlier(desk: Desk) -> None:
    """Before the list: that groups are decided already, and whether they are to be, until that is answered."""
    if desk.history.earlier or not (number := desk.followed):
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="earlier"):
        st.markdown(
            ngettext(
                "**{n:,} group** follows decisions made earlier on this server. Ignoring them deletes none, and can "
                "be undone.",
                "**{n:,} groups** follow decisions made earlier on this server. Ignoring them deletes none, and can "
                "be undone.",
                number,
            )
        )
        st.button(_("Use them"), on_click=_set_earlier, args=(desk, "used"), key="use-earlier", type="primary")
        st.button(_("Ignore them here"), on_click=_set_earlier, args=(desk, "ignored"), key="ignore-earlier")


def remembered(desk: Desk) -> None:
    """A button that opens the decisions about these photos."""
    if desk.problem:
        st.warning(
            _("Decisions are kept in this review only: {problem}", problem=plain(desk.problem)),
            icon=":material/warning:",
        )
    before = {ruling.id for ruling in desk.earlier}
    by_hand = [ruling for ruling in desk.shown if ruling.kept is None]
    earlier = [ruling for ruling in desk.shown if ruling.kept is not None and ruling.id in before]
    if not by_hand and not earlier:
        return
    label = _("Remembered ({n})", n=len(by_hand) + len(earlier))
    with st.popover(label, icon=":material/bookmark:"), st.container(key="remembered"):
        st.html(STYLE)
        st.markdown(
            _(
                "Decisions about these photos, made here or earlier on this server. They still apply if files "
                "are renamed or moved."
            )
        )
        _used_or_ignored(desk)
        rows = [*reversed(by_hand), *reversed(earlier)]
        for ruling in rows[:MAX_ROWS_SHOWN]:
            _row(desk, ruling)
        and_more(len(rows) - MAX_ROWS_SHOWN)
        if earlier:
            ids = [ruling.id for ruling in earlier]
            st.button(_("Forget all {n:,} from earlier reviews", n=len(ids)), on_click=_forget, args=(desk, ids))


def _used_or_ignored(desk: Desk) -> None:
    """What was answered to ask_about_earlier(), and the way to the other answer."""
    if desk.history.earlier == "ignored":
        st.markdown(_("Decisions of earlier reviews are ignored here."))
        st.button(_("Use them here"), on_click=_set_earlier, args=(desk, "used"), key="use-again")
    elif desk.history.earlier == "used":
        st.button(_("Ignore earlier reviews here"), on_click=_set_earlier, args=(desk, "ignored"), key="ignore-again")


def _row(desk: Desk, ruling: Ruling) -> None:
    names = ", ".join(ruling.names[:3]) + (", ..." if len(ruling.names) > 3 else "")
    with st.container(horizontal=True, vertical_alignment="center"):
        when = datetime.fromtimestamp(ruling.at)
        st.markdown(f"**{_what(ruling)}** · {when:%Y-%m-%d}  \n{plain(names)}  \n{_photos(desk, ruling)}")
        st.button(_("Forget"), key=f"forget-{ruling.id}", on_click=_forget, args=(desk, [ruling.id]))


def _photos(desk: Desk, ruling: Ruling) -> str:
    """Markdown of the ruling's first photos, those that stay first, as thumbnails that this run holds."""
    run = Run(desk.folder)
    names = {photo.digest: photo.name for photo in desk.photos.values()}
    stays = ruling.kept or ()
    shown = [digest for digest in ruling.in_order if digest in names and run.thumbnails.path(digest).exists()]
    words, said = [], ""
    for digest in shown[:MAX_PHOTOS_SHOWN]:
        state = "" if ruling.kept is None else _("kept") if digest in stays else _("set aside")
        words.append(state if state != said else "")
        words.append(f"![{plain(names[digest])}](/unipic/thumb/{run.token}/{digest})")
        said = state
    return " ".join(filter(None, words))


def _what(ruling: Ruling) -> str:
    if ruling.kept is not None:
        return _("{n} of {photos} kept", n=len(ruling.kept), photos=count(len(ruling.parts[0]), "photo"))
    if len(ruling.parts) == 1:
        return _("One group")
    return (
        _("Not duplicates")
        if all(len(part) == 1 for part in ruling.parts)
        else _("Split into {n}", n=len(ruling.parts))
    )


def _set_earlier(desk: Desk, earlier: Earlier) -> None:
    with desk.lock:
        desk.set_earlier(secrets.token_hex(8), earlier)


def _forget(desk: Desk, ids: list[str]) -> None:
    with desk.lock:
        desk.forget(secrets.token_hex(8), ids)
