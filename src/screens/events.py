"""The events of the library. An album of one goes on to the export."""

from screens.parts.events import events

events()
