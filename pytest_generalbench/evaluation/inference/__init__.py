"""Inference: batches, time limits, prefetching, shared batches."""
