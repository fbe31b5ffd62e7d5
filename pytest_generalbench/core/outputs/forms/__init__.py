"""One class for each form of structured output."""
