"""Integration with pytest-xdist: GPUs, order of the items and start of the workers."""
