"""The metrics of pictures that a model makes."""
