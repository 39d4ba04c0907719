"""An Immich server for this tab: its address, the key, which is never shown again, and what the key may do."""

from __future__ import annotations

import streamlit as st

from screens.parts.words import plain
from screens.session import session
from server.state import server as server_state
from unipic.core.errors import UnipicError
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.core.settings import immich_key, immich_url
from unipic.sources.immich import NEEDS, Client, Connected, about_version, connect, missing, saved_login, server

CLOSED = N_(
    "This server asks nobody for a token, so only its operator names the Immich server: by "
    "`UNIPIC_IMMICH_URL`, or `immich login`. With a token (`UNIPIC_TOKEN`) everybody who has it may name one."
)


def connected(key: str) -> Connected | None:
    """The server of this tab; None until the person has named one that answers. `key`: of the widgets."""
    there: Connected | None = session.immich
    with st.expander(_("Server"), icon=":material/dns:", expanded=there is None):
        _form(key)
    there = session.immich
    if there is None:
        st.caption(
            _(
                "Make a key in Immich: *Account Settings → API Keys*. Tick at least: {permissions}",
                permissions=", ".join(f"`{permission}`" for permission in NEEDS["look at photos"]),
            )
        )
        return None
    _permissions(there)
    return there


def _form(key: str) -> None:
    """Address and key; by the operator's, if they gave them. The operator's key goes to the operator's server only."""
    saved = saved_login()
    fixed = immich_url() or (saved.url if saved else "")
    known = fixed and (immich_key() or (saved.key if saved and saved.url == server(fixed, "-").url else ""))
    if not fixed and server_state().open_to_all:
        st.info(_(CLOSED), icon=":material/lock:")
        return
    url = st.text_input(
        _("Address"),
        value=fixed,
        disabled=bool(fixed),
        placeholder="https://photos.example.org",
        key=f"{key}immich-url",
    )
    with st.form(f"{key}immich", border=False, clear_on_submit=True):  # the key does not stay on the page
        typed = st.text_input(
            _("Key"),
            type="password",
            key=f"{key}immich-key",
            autocomplete="off",
            placeholder=_("The operator's key is used") if known else "",
            help=_(
                "It stays in this tab, and is never shown again. It is sent to the server named above, and "
                "nowhere else."
            ),
        )
        if not st.form_submit_button(_("Check"), icon=":material/key:"):
            return
    session.immich = None
    try:
        ca_file = saved.ca_file if saved else ""
        session.immich = connect(Client(server(fixed or url, typed or known, ca_file)))
    except UnipicError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.rerun()  # closes this part: what follows is what one came for


def _permissions(there: Connected) -> None:
    """What the key may do, green or grey, each with the names of what it lacks, to be copied."""
    st.markdown(f"**{plain(there.client.server.url)}** · Immich {'.'.join(map(str, there.version))}")
    for notice in about_version(there.version):
        st.caption(f":material/info: {plain(notice)}")
    lacking = {purpose: [one for one, _why in missing(there, [purpose])] for purpose in NEEDS}
    st.markdown(
        " ".join(
            f":gray-badge[:material/remove: {_(purpose)}]" if lacks else f":green-badge[:material/check: {_(purpose)}]"
            for purpose, lacks in lacking.items()
        )
    )
    if any(lacking.values()):
        with st.expander(_("What the key lacks")):
            st.code("\n".join(f"{', '.join(lacks)}  # {_(purpose)}" for purpose, lacks in lacking.items() if lacks))
