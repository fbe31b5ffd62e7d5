"""Parsers of labels, yes and no, and spoken intents."""
