"""How structured outputs are stored and read from files and text."""
