"""Makes a bare checkout run the benchmark: nothing needs to be installed but what the plugin imports.

Where the plugin is installed it is loaded already. It must not be named again then: pytest also
reads this file when a checkout is used from another repository, and refuses plugins named there.
"""

import sys

if "pytest_generalbench.plugin" not in sys.modules:
    pytest_plugins = ["pytest_generalbench.plugin"]
