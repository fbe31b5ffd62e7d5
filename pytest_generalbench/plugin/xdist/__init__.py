"""The side of pytest-xdist: GPUs, order and start of the workers."""
