"""Protocols for boxes, points, tracks and tubes."""
