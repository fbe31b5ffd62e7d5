"""`diffusers:` models: pipelines that make pictures, videos and sounds from text, pictures and masks."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import MissingDependencyError, ModelError
from pytest_generalbench.core.media.media import open_image
from pytest_generalbench.core.outputs import Audio, Image, MediaOutput, Video
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.base import Failed, Model
from pytest_generalbench.models.transformers.loader import share_processors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL.Image import Image as PilImage

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task

_FPS: Final = 8.0
"""Of a video whose pipeline does not say its rate."""


def takes(pipeline: Any) -> frozenset[str]:
    """Return the names of the arguments of a pipeline's call, which say what it can do."""
    return frozenset(inspect.signature(type(pipeline).__call__).parameters)


def gives(pipeline: Any) -> str:
    """Return the medium that a pipeline makes."""
    names = takes(pipeline)
    if names & {"num_frames", "video_length"}:
        return "video"
    return "audio" if names & {"audio_length_in_s", "audio_end_in_s"} else "image"


class DiffusersModel(Model):
    """A Diffusers pipeline that makes images, videos or sounds.

    Each request is made alone, with a generator of the request's own seed, so that a re-run and any other
    split into batches make the same medium. A picture made from a picture is resized to its size.

    Args:
        name: the specification, for messages and the result.
        pipelines: pipelines that share one set of weights, by what they start from: `text`, `image`, or `map`
            (an image with a mask).
        device: where they run.

    >>> class Pipeline:
    ...     def __call__(self, prompt, num_frames): ...
    >>> model = DiffusersModel("diffusers:some/model", {"text": Pipeline()}, "cpu")
    >>> sorted(model.input_media), sorted(model.output_media)
    (['text'], ['video'])
    """

    deterministic = True  # a seed for each instance

    batch_size = 1

    def __init__(self, name: str, pipelines: dict[str, Any], device: str) -> None:
        """Keep the pipelines; the medium that they make follows from the arguments of their call."""
        self.name = name
        self.pipelines = pipelines
        self.device = device
        first = next(iter(pipelines.values()))
        self.medium = gives(first)
        self.output_media = frozenset({self.medium})
        self.input_media = frozenset({"text", *pipelines})

    def unsupported(self, task: Task) -> str | None:
        """Compare the media, then return that no pipeline takes the task's inputs, if so."""
        refused = super().unsupported(task)
        if refused is None and self._start(set(task.input_media)) not in self.pipelines:
            return f"the pipeline does not start from {' and '.join(task.input_media)}"
        return refused

    def _start(self, media: set[str]) -> str:
        return "map" if "map" in media else "image" if "image" in media else "text"

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Make a medium for each request."""
        return [self._made(request) for request in requests]

    def _made(self, request: Request) -> Output | Failed:
        import torch

        start = self._start({medium.medium for medium in request.media})
        if start not in self.pipelines:
            return Failed(f"the pipeline does not start from {start}")
        pipeline = self.pipelines[start]
        images = [open_image(medium.path) for medium in request.media if medium.medium == "image"]
        given: dict[str, Any] = {"prompt": request.content or request.text}
        if images:
            given["image"] = images[0]
        if start == "map":
            mask = next(medium for medium in request.media if medium.medium == "map")
            given["mask_image"] = open_image(mask.path).convert("L")
        given = {key: value for key, value in given.items() if key in takes(pipeline)}
        seed = torch.Generator(device=self.device).manual_seed(request.seed)
        with torch.inference_mode():
            output = pipeline(**given, generator=seed)
        if any(getattr(output, "nsfw_content_detected", None) or []):
            return Failed("the pipeline's safety checker withheld the picture", "refused")
        answer = self._answer(output, pipeline, images[0] if images else None)
        return Output(medium=self.medium, answer=answer)

    def _answer(self, output: Any, pipeline: Any, source: PilImage | None) -> MediaOutput:
        if self.medium == "audio":
            part = getattr(pipeline, "vocoder", None) or pipeline.vae
            samples = np.asarray(output.audios[0], np.float32)
            return Audio(samples.T if samples.ndim == 2 else samples, int(part.config.sampling_rate))
        if self.medium == "video":
            frames = np.stack([np.asarray(frame) for frame in output.frames[0]])
            return Video(frames[..., :3], float(getattr(pipeline, "fps", None) or _FPS))
        image = output.images[0].convert("RGB")
        return Image(np.asarray(image if source is None else image.resize(source.size)))

    def identity(self) -> dict[str, Any]:
        """Return name, pipeline classes, dtype and device."""
        first = next(iter(self.pipelines.values()))
        return {
            "class": " ".join(type(pipeline).__name__ for pipeline in self.pipelines.values()),
            "name": self.name,
            "revision": getattr(first.config, "_commit_hash", None),
            "dtype": str(first.dtype).removeprefix("torch."),
            "device": self.device,
        }

    def close(self) -> None:
        """Delete the weights."""
        self.pipelines = {}


def _family(pipeline: Any) -> dict[str, Any]:
    """Return the pipeline and those that share its weights, by what they start from."""
    import diffusers

    names = takes(pipeline)
    start = "map" if "mask_image" in names else "image" if "image" in names and "prompt" in names else "text"
    family = {start: pipeline}
    if gives(pipeline) != "image":
        return family
    others = {
        "text": diffusers.AutoPipelineForText2Image,
        "image": diffusers.AutoPipelineForImage2Image,
        "map": diffusers.AutoPipelineForInpainting,
    }
    for begin, auto in others.items():
        if begin not in family:
            try:
                family[begin] = auto.from_pipe(pipeline)
            except (ValueError, AttributeError, TypeError):
                continue  # the family has no such pipeline
    return family


def make_diffusers_model(target: str, settings: Settings, folder: Path) -> DiffusersModel:
    """Load the pipeline `target`, a repository name or a folder, onto the GPU when there is one."""
    try:
        import diffusers
        import torch
    except ImportError as error:
        raise MissingDependencyError("diffusers", "diffusers", f"diffusers:{target}") from error
    name = str(folder / target) if (folder / target).is_dir() else target
    options: dict[str, Any] = {"local_files_only": settings.offline}
    if settings.trust_remote_code:
        options["trust_remote_code"] = True
    if settings.revision is not None:
        options["revision"] = settings.revision
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        share_processors(torch)
    usual = "float16" if device == "cuda" else "float32"
    dtype = getattr(torch, usual if settings.dtype == "auto" else settings.dtype)
    try:
        loader: Any = diffusers.DiffusionPipeline
        pipeline = loader.from_pretrained(name, torch_dtype=dtype, **options)
    except (OSError, ValueError, ImportError, KeyError, RuntimeError, AttributeError, TypeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"diffusers:{target} cannot be loaded: {reason}") from error
    pipeline.set_progress_bar_config(disable=True)
    models = _family(pipeline.to(device))
    for made in models.values():
        made.set_progress_bar_config(disable=True)
    return DiffusersModel(target, models, device)
