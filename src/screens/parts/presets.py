"""What the copies of an export are like: the original files, or pictures by a preset, one of which can be looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import streamlit as st

from screens.parts.save import developing
from screens.parts.words import failed, plain
from unipic.albums.presets import MOST_BLEED, Preset, presets
from unipic.core.errors import SettingsError, UnipicError
from unipic.review.outcomes import Outcome

Metadata = Literal["kept", "reduced", "none"]
METADATA: Mapping[Metadata, str] = {
    "kept": "All, with the place",
    "reduced": "Time and camera, no place",
    "none": "Nothing",
}
SAMPLE_WIDTH = 360  # pixels on screen


def chosen_preset() -> Preset | None:
    """Ask for a preset, and for what is often changed of it. None: the original files."""
    try:
        known = presets()
    except SettingsError as error:
        failed(error)
        return None
    labels = {"": "Original files", **{name: plain(one.label) for name, one in known.items()}}
    name = st.selectbox("Pictures", list(labels), format_func=labels.__getitem__, key="preset")
    if not name:
        return None
    preset = known[name]
    left, right = st.columns(2)
    metadata: Metadata = left.selectbox(
        "What the copies tell",
        list(METADATA),
        index=list(METADATA).index(preset.metadata),
        format_func=METADATA.__getitem__,
        key=f"metadata-{name}",
    )
    if preset.printed:
        about = "What the print shop cuts off at each edge. 0 if it asks for none."
        bleed = right.number_input("Bleed (mm)", 0.0, MOST_BLEED, preset.bleed, 0.5, key=f"bleed-{name}", help=about)
        preset = replace(preset, bleed=bleed)
    return replace(preset, metadata=metadata)


def about(preset: Preset) -> str:
    """What a preset does to a photo, in a few sentences."""
    wide, high = preset.pixels
    size = f"{wide:,} x {high:,} pixels"
    shape = f"Cut to {size}; where that would cut a face, the whole photo gets a white border."
    if preset.shape == "fit":
        shape = f"All of each photo, within {size}."
    small = "Small photos are enlarged, and it says at how many dpi they print." if preset.printed else ""
    small = small or "Small photos are not enlarged."
    return f"{shape} {small} In sRGB, as {preset.format.upper()}. Films, raw files and sidecars are left out."


def sample(preset: Preset, outcomes: Sequence[Outcome]) -> None:
    """A button that shows the copy of the first photo."""
    if not st.button("Preview the first copy", icon=":material/visibility:", key="preset-sample"):
        return
    try:
        with st.spinner("Making one copy"), developing(preset) as developer:
            made = developer.sample(outcomes) if developer else None
    except UnipicError as error:
        failed(error)
        return
    if made and made[0]:
        st.image(made[0], caption=plain(made[1]) or None, width=SAMPLE_WIDTH)
    elif made:
        failed(made[1])
