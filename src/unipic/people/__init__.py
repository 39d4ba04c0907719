"""Faces become persons: clusters, what people said of them, questions and suggestions."""
