"""What is stored on disk: the index of photos already read, thumbnails, and people's decisions."""
