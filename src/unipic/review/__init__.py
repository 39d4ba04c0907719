"""The review: proposals, a person's choices, and their outcome."""
