"""Protocols of audio generation."""
