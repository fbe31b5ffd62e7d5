"""Protocols for masks and maps over images and frames."""
