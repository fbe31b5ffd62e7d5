"""Makes a bare checkout run the benchmark, and gives the tests pytest's own fixture for plugins."""

pytest_plugins = ["pytest_generalbench.plugin", "pytester"]
