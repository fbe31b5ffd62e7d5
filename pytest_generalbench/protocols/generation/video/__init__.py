"""Protocols of video generation."""
