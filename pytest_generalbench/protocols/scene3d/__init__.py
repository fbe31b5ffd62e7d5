"""Protocols for point clouds and scenes."""
