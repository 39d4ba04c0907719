"""What was seen, which may be deleted, and what people said, which may not."""
