"""Decode untrusted image files into photos with their measurements and thumbnails."""
