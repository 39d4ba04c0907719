"""Find copies, group shots of one moment, and recommend the best."""
