"""Input media: opened, measured and decoded on demand."""
