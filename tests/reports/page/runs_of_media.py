"""Small real runs over the demo set that hold every medium."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SHOWN = {
    "nlp/causal-reasoning": "text",
    "image/comprehension/acne-recognition": "picture",
    "image/comprehension/aircraft-detection": "marks",
    "image/comprehension/person-keypoint-detection": "marks",
    "image/generation/underwater-image-restoration": "picture",
    "video/comprehension/automobile-complex-scene-reasoning-video-object-segmentation": "layer",
    "video/comprehension/animal-tracking": "marks",
    "video/generation/static-video-gen": "picture",
    "audio/comprehension/bird-sound-detection": "sound",
    "audio/generation/piano-to-orchestration-gen": "notes",
    "3d/comprehension/3d-motion-captioning": "motion",
    "3d/comprehension/3d-aircrafts-part-segmentation": "solid",
    "3d/comprehension/3d-detection": "solid",
    "3d/comprehension/3d-outdoor-semantic-segmentation": "solid",
    "image/generation/face-image-inpainting": "picture",
    "3d/comprehension/3d-odometry": "solid",
    "3d/generation/text-to-3d-nature-and-biology-mesh-gen": "solid",
    "3d/generation/3d-point-cloud-completion": "solid",
    "3d/generation/text-to-3d-motion-gen": "motion",
}
"""Tasks, and a kind of exhibit that each must show."""


def run_baseline(folder: Path, name: str, baseline: str) -> Path:
    """Run a baseline over these tasks of the demo set, and return the run folder."""
    names = " or ".join(task.rsplit("/", 1)[1] for task in SHOWN)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", names, "-n", "0"]
    options = [f"--generalbench-model=baseline:{baseline}", f"--generalbench-run={name}"]
    done = subprocess.run([*command, *options], cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / name
