"""Parsers of lists and triplets."""
