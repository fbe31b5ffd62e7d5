"""Metrics: pure functions by domain; `get` finds one by its canonical name."""
