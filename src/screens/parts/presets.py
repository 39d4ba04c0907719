"""What the copies of an export are like: the original files, or pictures by a preset, one of which can be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from screens.parts.words import failed, plain, printable
from unipic.albums.presets import LONGEST, MOST_BLEED, Metadata, Preset, presets
from unipic.core.errors import UnipicError
from unipic.core.language import gettext as _, gettext_noop as N_, retold
from unipic.review.outcomes import Outcome

if TYPE_CHECKING:
    from unipic.destinations.developing import Developer

METADATA: Mapping[Metadata, str] = {
    "kept": N_("Everything, with the place"),
    "reduced": N_("Time and camera, no place"),
    "none": N_("Nothing"),
}
SAMPLE_WIDTH = 360  # pixels on screen


def chosen(outcomes: Sequence[Outcome]) -> Developer | None:
    """Ask for a preset, say what it does, and offer to look at the first copy. None: the original files."""
    try:
        known = presets()
    except UnipicError as error:
        failed(error)
        return None
    labels = {"": _("Original files"), **{name: printable(retold(one.label)) for name, one in known.items()}}
    name = st.selectbox(_("Pictures"), list(labels), format_func=labels.__getitem__, key="preset")
    if not name:
        return None
    from unipic.destinations.developing import Developer  # with OpenCV, which other exports do without

    preset = _adjusted(known[name], name)
    st.caption(_about(preset))
    developer = Developer(preset)
    if st.button(_("Preview the first copy"), icon=":material/visibility:", key="preset-sample"):
        _show_sample(developer, outcomes)
    return developer


def _adjusted(preset: Preset, name: str) -> Preset:
    """The preset with what a person changes for this export."""
    kinds, left, right = list(METADATA), *st.columns(2)
    at, words = kinds.index(preset.metadata), _("What the copies tell")
    metadata = left.selectbox(words, kinds, at, format_func=lambda kind: _(METADATA[kind]), key=f"metadata-{name}")
    if preset.printed:
        about = _("What the print shop cuts off at each edge; 0 if it asks for none.")
        bleed = right.number_input(_("Bleed (mm)"), 0.0, MOST_BLEED, preset.bleed, 0.5, key=f"bleed-{name}", help=about)
        preset = replace(preset, bleed=bleed)
    return replace(preset, metadata=metadata)


def _about(preset: Preset) -> str:
    wide, high = preset.pixels
    size = _("this shape") if max(wide, high) == LONGEST else _("{wide:,} x {high:,} pixels", wide=wide, high=high)
    shape = _("Each photo is made to fit within {size}; nothing is cut.", size=size)
    if preset.shape == "fill":
        border = _("If that would cut a face, the whole photo is shown with a white border.")
        shape = f"{_('Each photo is cut to {size}.', size=size)} {border}"
    small = _("Small photos are not enlarged.")
    if preset.printed:
        small = _("Small photos are enlarged, with a note at how many dpi they print.")
    return f"{shape} {small} {_('The colours are sRGB. Films, raw files and sidecars are left out.')}"


def _show_sample(developer: Developer, outcomes: Sequence[Outcome]) -> None:
    try:
        with st.spinner(_("Making one copy")):
            made = developer.sample(outcomes)
    except UnipicError as error:
        failed(error)
        return
    if made and made[0]:
        st.image(made[0], caption=plain(retold(made[1])) or _("The first copy"), width=SAMPLE_WIDTH)
    elif made:
        failed(retold(made[1]))
