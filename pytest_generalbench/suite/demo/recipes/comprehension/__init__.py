"""Demo data of comprehension and language tasks."""
