"""Parsers: from a model's text to a prediction."""
