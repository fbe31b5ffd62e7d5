#!/usr/bin/env bash
# What the plugin does on a machine with one GPU, in at most eight minutes, without network.
# Names what the machine lacks before anything starts. Steps by name: benchmarks/gpu.sh large_model shared_card
# Without a GPU: GENERALBENCH_TRY_WITHOUT_GPU=1 benchmarks/gpu.sh
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
export BENCHMARK_LIMIT=${BENCHMARK_LIMIT:-120} # seconds for one process, so that one that hangs is named
"$python" - <<'PY'
import importlib.util, os, sys
needed = {
    "torch": "torch", "transformers": "transformers", "torchvision": "torchvision", "PIL": "pillow",
    "pytest": "pytest", "xdist": "pytest-xdist", "hypothesis": "hypothesis", "numpy": "numpy",
    "pandas": "pandas", "openpyxl": "openpyxl", "yaml": "PyYAML", "tokenizers": "tokenizers",
}
lacking = [package for name, package in needed.items() if importlib.util.find_spec(name) is None]
trying = bool(os.environ.get("GENERALBENCH_TRY_WITHOUT_GPU"))
if trying and "torchvision" in lacking:
    lacking.remove("torchvision")
if lacking:
    sys.exit(f"{sys.executable} lacks {', '.join(lacking)}: pip install {' '.join(lacking)}")
import torch
if not torch.cuda.is_available() and not trying:
    sys.exit("no GPU is visible to torch; GENERALBENCH_TRY_WITHOUT_GPU=1 tries the steps on the processor")
PY
exec "$python" -m benchmarks.gpu "$@"
