"""Protocols: one module per answer form; `get` finds one by the name a task file uses."""
