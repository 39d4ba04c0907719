"""Engines, which run a task on single files: inline, in local processes, or on Ray."""
