"""Parsers of counts and numbers."""
