"""The nouns, and what knows no photo."""
