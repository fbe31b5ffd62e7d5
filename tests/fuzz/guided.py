"""Fuzz one surface by coverage, with atheris: `python -m tests.fuzz.guided SURFACE [--seconds 60]`.

Inputs that reach new code are kept in the corpus folder and mutated on. Needs `pip install atheris`, which
is no part of the extra `dev`: it has wheels for some versions of Python only.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from tests.fuzz.driver import CORPUS, emptied, kept


def main() -> None:
    """Fuzz until the time is over; an error that is not documented ends it with its input."""
    atheris = import_module("atheris")

    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument("surface")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="where inputs are kept; default: a temporary folder")
    options = parser.parse_args()
    with atheris.instrument_imports(include=["pytest_generalbench"], enable_loader_override=False):
        from tests.fuzz.surfaces import SURFACES

        surface = SURFACES[options.surface]
        place = Path(tempfile.mkdtemp(prefix="guided-"))
        corpus = options.corpus or place / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        for seed in (*surface.seeds(), *kept(surface)):
            (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
        folder = place / "folder"
        folder.mkdir()
        with suppress(*surface.errors):
            surface.read(surface.seeds()[0], folder)  # what it imports is instrumented too
    seeds = surface.seeds()

    def try_one(content: bytes) -> None:
        emptied(folder)
        if not content:
            return  # the fuzzer begins with nothing, which no surface has
        try:
            surface.read(content, folder)
        except surface.errors:
            return

    def mutate(content: bytes, size: int, seed: int) -> bytes:
        dice = random.Random(seed)  # noqa: S311
        return surface.mutate(content, dice.choice(seeds), dice)[:size]

    artifacts = f"-artifact_prefix={CORPUS.parent / 'found-'}"
    limits = [
        f"-max_total_time={options.seconds}",
        "-timeout=20",
        "-rss_limit_mb=1536",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *limits, artifacts, str(corpus)], try_one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
