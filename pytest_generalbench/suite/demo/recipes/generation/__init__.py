"""Demo data of generation tasks."""
