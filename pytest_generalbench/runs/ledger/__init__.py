"""The append-only record of every answer."""
