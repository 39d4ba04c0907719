"""Photos from a phone: the share that apps send to, and what lies in the inbox."""

import streamlit as st

from screens.parts.words import count, plain, size
from screens.session import session
from server.phone import LIMIT, ON, PLACE, USER, base_path, limit_gb, switch
from server.state import library
from unipic.core.errors import DecisionsUnreadable
from unipic.core.language import gettext as _
from unipic.library.marks import Marks
from unipic.sources.inbox import delete, entries, used

MOST_LISTED = 500  # files, the latest; a longer list makes the page slow
TOKEN = "phone-token"  # shown in the tab that made it, until the page is loaded again


def phone() -> None:
    """The card; none while decisions cannot be read, which the page says."""
    marks = library().marks
    try:
        on = bool(marks.choice(ON))
    except DecisionsUnreadable:
        return
    with st.expander(_("Photos from your phone"), icon=":material/phone_iphone:"):
        st.markdown(
            _(
                "A backup app on the phone, such as PhotoSync or FolderSync, sends photos here by WebDAV. They "
                "join the library a minute or two after they arrive. The app can add photos, and see those it "
                "sent; it cannot change or delete them."
            )
        )
        st.toggle(_("Receive photos by WebDAV"), on, key=f"phone-{on}", on_change=_switch, args=(marks, not on))
        if on:
            _address(marks)
        _inbox(marks)


def _switch(marks: Marks, on: bool) -> None:
    session.set_widget(TOKEN, switch(marks, on))


def _address(marks: Marks) -> None:
    scheme, _colon, rest = (st.context.url or "http://localhost").partition("://")
    st.code(f"{scheme}://{rest.partition('/')[0]}{base_path()}{PLACE}/", language=None)
    st.markdown(_("User: `{user}`", user=USER))
    if token := session.widget(TOKEN):
        st.markdown(_("Token, the password for the app. It is shown only now:"))
        st.code(token, language=None)
    st.button(_("Make a new token"), icon=":material/key:", on_click=_switch, args=(marks, True), key="new-token")
    if scheme == "http":
        st.caption(_("This address is not encrypted: use it in your own network only, or set up https."))


def _inbox(marks: Marks) -> None:
    files, most = entries(), limit_gb(marks)
    late, twice = sum(not one.complete for one in files), len(files) - len({one.place for one in files})
    words = _(" · {late:,} still arriving", late=late) * bool(late) + _(
        " · {duplicates} kept once", duplicates=count(twice, "duplicate")
    ) * bool(twice)
    st.markdown(f"**{_('Inbox')}**: {count(len(files), 'file')}, {size(used(files))}{words}")
    limit = st.number_input(_("Most it may hold, in GB"), min(1.0, most), value=most, key="phone-gb")
    if limit != most:
        marks.choose(LIMIT, str(limit))
    chosen = st.multiselect(
        _("Delete files"),
        [one.name for one in files[:MOST_LISTED]],
        format_func=plain,
        key="away",
        placeholder=_("Choose options"),
    )
    if chosen:
        st.markdown(
            _(
                "{originals} will be deleted from this computer. This cannot be undone.",
                originals=count(len(chosen), "original"),
            )
        )
        st.button(_("Delete for good"), on_click=delete, args=(chosen,), icon=":material/delete:", key="delete-away")
