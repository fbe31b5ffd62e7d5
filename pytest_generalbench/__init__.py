"""Run General-Bench with pytest: every task an item, every item a score, the scores a General-Level tier."""

__version__ = "0.2.0"
