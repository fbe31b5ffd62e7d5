"""Fuzzing of every reader and parser: `python -m tests.fuzz --help`."""
