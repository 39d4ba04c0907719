"""Untrusted bytes become a Photo with its thumbnail."""
