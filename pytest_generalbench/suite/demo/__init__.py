"""The demo set: small synthetic data in General-Bench's own shape, made on demand.

It lets everything run with nothing downloaded, and its scores say nothing about a model:
the answers are sentences made of a few words, the pictures are textures and simple shapes. Where pixels,
places or points are asked for, they can be found in the media with classical methods.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.new_files import folder_in_the_making

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.task import Task

VERSION: Final = 4
"""Raised whenever the same tasks would give other bytes."""

COUNT: Final = 8
"""Instances of a task; the smallest real set has as many."""

NOTE: Final = "synthetic demo data"
HUMAN_SCORES: Final = "human-scores.csv"
COMPLETE: Final = "demo.json"

MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "comprehension.nlp_closed": (
        "text_mcqa",
        "text_open_qa",
        "text_classification",
        "text_extraction",
        "time_series_forecasting",
        "math_word_problem",
    ),
    "comprehension.nlp_open": (
        "text_summarization",
        "text_translation",
        "text_generation",
        "code_generation",
    ),
    "comprehension.image": (
        "image_classification",
        "image_anomaly_classification",
        "image_vqa_choice",
        "image_vqa_yesno",
        "image_vqa_short",
        "document_vqa",
        "image_captioning",
        "counting",
        "ocr",
        "scene_graph",
        "image_to_code",
        "multi_image_choice_qa",
        "multi_image_open_generation",
        "multimodal_information_extraction",
    ),
    "comprehension.video_audio_3d": (
        "video_captioning",
        "video_qa_open",
        "video_recognition_text",
        "video_qa_exact",
        "video_recognition_label",
        "video_object_matching",
        "multimodal_sarcasm_detection",
        "video_event_relation",
        "video_semantic_role_labeling",
        "audio_classification",
        "audio_captioning",
        "audio_qa_open",
        "audio_qa_choice",
        "speech_information_extraction",
        "3d_classification",
        "3d_scene_qa",
        "3d_situated_qa",
        "3d_motion_captioning",
    ),
    "comprehension.localization": (
        "object_detection",
        "visual_grounding",
        "keypoint_detection",
        "video_object_tracking",
        "video_spatiotemporal_grounding",
    ),
    "comprehension.dense": (
        "semantic_segmentation",
        "image_anomaly_segmentation",
        "matting",
        "instance_segmentation",
        "depth_estimation",
        "panoptic_segmentation",
        "video_object_segmentation",
        "video_reasoning_segmentation",
        "video_referring_segmentation",
        "video_depth_estimation",
        "optical_flow",
        "video_salient_object_detection",
        "video_camouflaged_object_detection",
    ),
    "comprehension.scene3d": (
        "3d_part_segmentation",
        "3d_semantic_segmentation",
        "3d_instance_segmentation",
        "3d_normal_estimation",
        "3d_odometry",
        "3d_detection",
        "3d_tracking",
    ),
    "generation.image": (
        "text_to_image",
        "conditional_image_generation",
        "image_restoration",
        "image_inpainting",
        "image_colorization",
        "image_style_transfer",
        "image_editing",
        "image_to_map",
        "audio_to_image",
        "eeg_to_image",
        "face_swap_generation",
    ),
    "generation.video": (
        "text_to_video",
        "image_to_video",
        "stylized_video_generation",
        "video_restoration",
        "video_super_resolution",
        "video_inpainting",
        "video_frame_interpolation",
        "video_colorization",
        "video_translation_editing",
        "video_style_transfer",
    ),
    "generation.audio": (
        "text_to_speech",
        "speech_style_conversion",
        "speech_to_speech_translation",
        "text_to_audio",
        "audio_editing",
        "image_to_speech",
        "video_to_audio",
        "music_generation",
        "music_style_transfer",
    ),
    "generation.shape": ("text_to_3d", "image_to_3d", "3d_completion_reconstruction", "text_to_motion"),
}
"""By module of `recipes`, the archetypes that it makes instances of."""


def covers(task: Task) -> bool:
    """Whether the demo set has data for `task`: there is a recipe for it."""
    return task.answers_in_text or any(task.archetype in archetypes for archetypes in MODULES.values())


def ensure(cache: Path, tasks: Sequence[Task]) -> Path:
    """Return the folder of the demo set of `tasks` below `cache`, written unless it is there.

    Safe when several processes race: one writes it, the others wait. Raises DataError when `cache` cannot
    be written.
    """
    covered = _covered(tasks)
    target = cache / folder_name(covered)
    if (target / COMPLETE).is_file():
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with folder_in_the_making(target) as half:
            if (target / COMPLETE).is_file():
                return target  # another process was faster
            # The makers of media take long to import.
            from pytest_generalbench.suite.demo.writing import write

            write(half, covered)
            _publish(half, target)
    except OSError as error:
        raise DataError(
            f"{cache}: the demo set cannot be written ({error.strerror or error}); set GENERALBENCH_CACHE"
        ) from error
    return target


def folder_name(tasks: Sequence[Task]) -> str:
    """Return the name of the folder that `ensure` writes for `tasks`."""
    return f"demo-v{VERSION}-{_digest(_covered(tasks))}"


def _covered(tasks: Sequence[Task]) -> list[Task]:
    return sorted((task for task in tasks if covers(task)), key=lambda task: task.id)


def _digest(tasks: Sequence[Task]) -> str:
    parts = [
        [task.id, task.archetype, task.inputs, task.output, task.name, task.metric.name, *task.folders]
        for task in tasks
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def _publish(half: Path, target: Path) -> None:
    """Give the finished folder its name, unless another process was faster."""
    half.chmod(0o755)
    for _ in range(3):
        try:
            half.rename(target)
            return
        except OSError:
            if (target / COMPLETE).is_file():
                return
            # Somebody cleared part of the cache: what is left there is of no use.
            shutil.rmtree(target, ignore_errors=True)
    half.rename(target)
