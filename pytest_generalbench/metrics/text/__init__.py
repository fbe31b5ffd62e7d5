"""Metrics of texts, labels, numbers and lists."""
