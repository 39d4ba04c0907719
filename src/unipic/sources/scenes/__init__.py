"""Subjects for sample photos, computed or at hand: no download."""

from unipic.sources.scenes.land import aurora, balloons, dunes, lavender
from unipic.sources.scenes.photos import flower, temple
from unipic.sources.scenes.water import city, lake, lighthouse, sunset

__all__ = ["aurora", "balloons", "city", "dunes", "flower", "lake", "lavender", "lighthouse", "sunset", "temple"]
