"""Where single files are read: inline, local processes, Ray."""
