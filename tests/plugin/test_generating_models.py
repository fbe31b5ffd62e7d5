"""Models that make media, tiny and random, through the command a user types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.models import tiny
from tests.plugin.kept import answers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import ReadResult

SAVED: dict[str, Callable[[Path], Path]] = {
    "janus": tiny.save_janus,
    "musicgen": tiny.save_musicgen,
    "vits": tiny.save_vits,
    "stable-diffusion": tiny.save_stable_diffusion,
    "text-to-video": tiny.save_text_to_video,
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the models at module scope: pytester forgets what was imported during a test, torch cannot."""
    folder = tmp_path_factory.mktemp("makers")
    for name, save in SAVED.items():
        save(folder / name)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "chosen", "count"),
    [
        ("hf:janus", "text-to-image", 4),
        ("hf:musicgen", "single-caption or two-captions", 2),
        ("hf:vits", "/text-to-speech", 1),
        ("diffusers:stable-diffusion", "image-deblurring or face-image-inpainting or insect", 3),
        ("diffusers:text-to-video", "concert-video-gen", 1),
    ],
)
def test_a_tiny_model_makes_its_media_and_is_scored(
    saved: Path, pytester: pytest.Pytester, read_result: ReadResult, spec: str, chosen: str, count: int
) -> None:
    kind, _, name = spec.partition(":")
    result = pytester.runpytest_subprocess(
        f"--generalbench-model={kind}:{saved / name}", "--generalbench-data=demo", "--generalbench-limit=2",
        "--generalbench-run=run", "-k", f"generation and ({chosen})",
    )  # fmt: skip
    assert result.ret == 0, result.stdout.str()[-2000:]
    tasks = [task for task in read_result("run")["tasks"] if task["states"]]
    assert len(tasks) >= count
    for task in tasks:
        assert task["state"] == "scored", task
        assert task["states"] == {"ok": 2}, task
    records = answers(pytester.path / "run")
    kept = [record["output"]["answer"]["file"] for record in records if record.get("output")]
    assert len(kept) == 2 * len(tasks)
    assert all((pytester.path / "run" / "media" / file).is_file() for file in kept)
