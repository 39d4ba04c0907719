"""The person's rules: folders to protect, prefer or avoid, and what to prefer in a photo."""

import secrets

import streamlit as st

from screens.parts.words import count
from screens.session import session
from unipic.core.language import gettext as _, gettext_noop as N_, ngettext
from unipic.review.choices import done
from unipic.review.desk import Desk
from unipic.review.proposal import propose
from unipic.review.rules import PREFERENCES, SETS, Rules, folders

FOLDERS = {
    "protect": (N_("Protected folders"), N_("Photos in these folders are never set aside.")),
    "prefer": (
        N_("Preferred folders"),
        N_("Copies and similar shots in these folders stay. The first folder counts most."),
    ),
    "avoid": (N_("Folders to set aside first"), N_("If the same photo is also in another folder, that one stays.")),
}


def rules(desk: Desk) -> None:
    holding = desk.history.rules
    known = folders(desk.evidence.gallery.photos)
    number = sum(map(bool, (holding.protect, holding.prefer, holding.avoid, holding.by, holding.thin)))
    with st.popover(_("Rules ({number})", number=number) if number else _("Rules"), icon=":material/rule:"):
        st.markdown(_("Rules apply at once to groups you have not decided. Decided groups stay as they are."))
        for name, (label, about) in FOLDERS.items() if known else ():
            _several(desk, name, _(label), _(about), known, getattr(holding, name))
        if not known:
            st.caption(_("All photos are in one folder, so there are no folders to choose."))
        about = _("These count before all measurements. The first one in which two photos differ decides.")
        _several(desk, "by", _("Prefer photos that are"), about, list(PREFERENCES), holding.by)
        _taken_on_purpose(desk)
        if number:
            st.caption(_effect(desk))


def _taken_on_purpose(desk: Desk) -> None:
    """Only the kinds of series that exist here."""
    known = list(dict.fromkeys(one.kind for one in desk.proposal.cleanup.series))
    if known:
        about = _("Their shots were taken to be kept together, so all of them stay unless you choose them here.")
        _several(desk, "thin", _("Suggest only the best shot of"), about, list(known), desk.history.rules.thin)


def _several(desk: Desk, name: str, label: str, about: str, known: list[str], holding: tuple[str, ...]) -> None:
    key = f"rule-{name}"
    session.set_widget(key, [value for value in holding if value in known])
    st.multiselect(
        label,
        offered(known, holding),
        key=key,
        help=about,
        placeholder=_("Choose options"),
        on_change=_change,
        args=(desk, name),
        format_func=_in_words,
    )


def offered(known: list[str], holding: tuple[str, ...]) -> list[str]:
    """The known values but for folders inside a chosen one: its rule holds for them already.

    Else who types `Backup`, and Enter once too often, would choose `Backup/thumbs` as well.
    """
    inside = tuple(f"{one}/" for one in holding)
    return [value for value in known if value in holding or not value.startswith(inside)]


def _in_words(value: str) -> str:
    return _(SETS[value][1]) if value in SETS else _(value)


def _change(desk: Desk, name: str) -> None:
    with desk.lock:
        values = {**vars(desk.history.rules), name: tuple(session.widget(f"rule-{name}"))}
        desk.set_rules(secrets.token_hex(8), Rules(**values))


def _effect(desk: Desk) -> str:
    """What the rules change in groups that are still open."""
    without = propose(desk.proposal.cleanup).by_id
    open_groups = [group for group in desk.proposal.groups if not done(group, desk.choices)]
    other = [group for group in open_groups if group.photos[0].id != without[group.id].photos[0].id]
    kept = sum(len(group.protected) for group in desk.proposal.groups)
    changed = _(
        "The rules change the recommendation in {n:,} of {groups}.",
        n=len(other),
        groups=count(len(open_groups), "open group"),
    )
    return " ".join(
        (changed, ngettext("{n:,} photo in groups is protected.", "{n:,} photos in groups are protected.", kept))
    )
