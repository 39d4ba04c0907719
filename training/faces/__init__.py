"""dlib's face network as Unipic ships it, and what its numbers are worth on faces."""
