"""Codecs of structured outputs: storage, and reading from files and text."""
