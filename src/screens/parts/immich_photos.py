"""Add photos, from Immich: the whole library, an album, or what was taken since a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from screens.parts.immich_connect import connected
from screens.parts.words import plain
from screens.session import session
from unipic.core.errors import UnipicError
from unipic.core.language import gettext as _, gettext_noop as N_, retold
from unipic.core.settings import COMMAND
from unipic.sources.immich import (
    PREFIX,
    Cache,
    Connected,
    ImmichSource,
    Listing,
    Server,
    albums_of,
    chosen_server,
    in_words,
)

WHOLE, ALBUM, SINCE = N_("Whole library"), N_("One album"), N_("Since a day")
MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Wanted:
    """What is to be scanned."""

    server: Server
    name: str  # as of PHOTOS on the command line
    photos: int
    originals: bool


def photos_of_immich() -> Wanted | None:
    """What the person chose; None while there is nothing to scan, which is said."""
    there = connected("add-")
    if there is None:
        return None
    try:
        name = _name(there)
        listing = _listing(there, name) if name else None
    except UnipicError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    if name is None or listing is None:
        return None
    st.markdown(f"**{plain(in_words(listing))}**")
    for notice in listing.notices:
        st.caption(f":material/info: {plain(retold(notice))}")
    if not listing.assets:
        st.info(_("None of your photos. Choose another album, or an earlier day."), icon=":material/image_search:")
        return None
    originals = st.checkbox(
        _("Fetch whole photos"),
        key="immich-originals",
        disabled=not there.may("asset.download"),
        help=_(
            "Without it Immich's previews are looked at: much faster, and enough to find shots of one "
            "moment. Focus and grain are then measured on previews, and nothing but identical photos is "
            "left out without your look."
        ),
    )
    return Wanted(there.client.server, name, len(listing.assets), originals)


def name_for_library() -> str | None:
    """What is to join the library, as immich:album/Trip; None while nothing is chosen, which is said."""
    there = connected("library-")
    if there is None:
        return None
    try:
        if chosen_server().url == there.client.server.url:
            return _name(there)
    except UnipicError:
        pass
    st.caption(
        _(
            "The library looks for new photos by itself, so it needs a server that this computer is logged in "
            "to: `{command} immich login {url}`, or `UNIPIC_IMMICH_URL` and `UNIPIC_IMMICH_KEY`.",
            command=COMMAND,
            url=there.client.server.url,
        )
    )
    return None


def _name(there: Connected) -> str | None:
    what = st.segmented_control(
        _("Which photos"), [WHOLE, ALBUM, SINCE], default=WHOLE, format_func=_, key="immich-what", required=True
    )
    if what == ALBUM:
        albums = albums_of(there)
        if not albums:
            st.info(_("There are no albums on this server."), icon=":material/photo_album:")
            return None
        return f"{PREFIX}album/{st.selectbox(_('Album'), albums, key='immich-album')}"
    if what == SINCE:
        day = st.date_input(_("Taken since"), value=date.today() - MONTH, key="immich-since")
        return f"{PREFIX}since/{day:%Y-%m-%d}" if isinstance(day, date) else None
    return PREFIX


def _listing(there: Connected, name: str) -> Listing:
    """What there is, asked once for a choice, not with each click on the page."""
    known = session.widget("immich-listing")
    if known and known[:2] == (there, name):
        return known[2]
    with st.spinner(_("Asking for the list of photos")):
        listing = ImmichSource(there, [name], Cache(there.client.server)).listing
    session.set_widget("immich-listing", (there, name, listing))
    return listing
