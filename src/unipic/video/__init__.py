"""A film becomes shots and keyframes; films that are there twice."""
