"""Parsers of answer texts."""
