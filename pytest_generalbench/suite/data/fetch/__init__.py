"""Downloads and unpacks data."""
