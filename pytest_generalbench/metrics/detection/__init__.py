"""Metrics for boxes, points, tracks and tubes."""
