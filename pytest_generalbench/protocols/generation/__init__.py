"""Protocols of tasks whose answer is a generated medium."""
