"""Parsers of multiple-choice answers."""
