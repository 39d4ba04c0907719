"""The events of the library. An album of one goes on to the export."""

from __future__ import annotations

from screens.parts.events import events

events()
