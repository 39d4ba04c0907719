"""Models by name, loaded once a process: the only home of torch and transformers."""
