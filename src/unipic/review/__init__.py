"""What is proposed, what people decide, and what follows."""
