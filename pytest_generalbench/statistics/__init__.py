"""How sure a score is, and what changed between runs: pure functions over rows and level formulas."""
