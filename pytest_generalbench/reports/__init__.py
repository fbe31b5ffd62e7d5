"""Reports: what a run says to people."""
