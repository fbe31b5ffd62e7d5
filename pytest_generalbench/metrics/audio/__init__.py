"""The metrics of sounds and of symbolic music that a model makes."""
