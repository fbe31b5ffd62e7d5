"""General-Bench itself: task files, data, the demo set and General-Level."""
