"""Reads annotation files into instances."""
