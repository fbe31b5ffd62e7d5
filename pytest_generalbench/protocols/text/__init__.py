"""Protocols of tasks that are answered in text."""
