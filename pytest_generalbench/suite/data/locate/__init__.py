"""Finds the folder and the annotation file of a task."""
