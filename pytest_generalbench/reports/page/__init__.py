"""The page of a run: HTML, scripts and media that any browser opens from disk."""
