"""What asks a model: batches, time limits, prefetching, shared batches."""
