"""Faults of disks and deaths of processes: `python -m tests.faults --help`."""
