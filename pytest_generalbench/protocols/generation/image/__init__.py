"""Protocols of image generation."""
