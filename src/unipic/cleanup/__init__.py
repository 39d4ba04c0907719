"""Copies, moments and the best shot."""
