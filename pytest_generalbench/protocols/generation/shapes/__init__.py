"""Protocols of 3D and motion generation."""
