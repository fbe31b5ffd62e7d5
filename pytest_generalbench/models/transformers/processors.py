"""The parts of an `hf:` model: its class, and its tokenizer or processor."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import MissingDependencyError, ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_generalbench.core.settings import Settings

_MEDIA: Final = ("text", "image", "video", "audio")
"""The modalities that a library model may declare and the benchmark asks for."""

_WEIGHTS: Final = ("adapter_model.safetensors", "adapter_model.bin")


@dataclass(frozen=True, slots=True)
class Senses:
    """The media that a loaded model takes, and how its processor wants them."""

    media: frozenset[str]
    videos: bool = False
    """Whether the processor takes videos; else their frames are given as images."""
    frames: int = 8
    """Frames of a video that are shown."""
    rate: int = 16_000
    """Samples a second of its audio."""
    least_frames: int = 1
    """Frames that a video has at least: those of one step of time."""
    wants_sampled_rate: bool = False
    """Whether the processor is told the shown frames a second, one number for a batch."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model is loaded from, and how its weights are placed on devices."""

    target: str
    """As the user wrote it."""
    name: str
    """What the library is asked for: a repository, or a folder's whole path."""
    options: dict[str, Any]
    """For everything that is loaded from there: revision, offline, trust."""
    weights: dict[str, Any]
    """For the weights alone: dtype, device map, attention."""
    device: str
    """The one device; with a device map, where inputs go."""
    adapter: Path | None = None

    def load(self, factory: Any) -> Any:
        """Return the model that `factory`, one of the library's Auto classes, makes, with its adapter."""
        model = factory.from_pretrained(self.name, **self.options, **self.weights).eval()
        if "device_map" not in self.weights:
            model = model.to(self.device)
        if self.adapter is not None:
            model.load_adapter(str(self.adapter))
        return model

    def identity(self, model: Any) -> dict[str, Any]:
        """Return the identity of a model loaded from here."""
        text = {
            "class": type(model).__name__,
            "name": self.target,
            "revision": getattr(model.config, "_commit_hash", None) or self.options.get("revision"),
            "dtype": str(model.dtype).removeprefix("torch."),
            "device": self.device,
        }
        if "attn_implementation" in self.weights:
            text["attention"] = self.weights["attn_implementation"]
        if "device_map" in self.weights:
            text["device_map"] = self.weights["device_map"]
        if self.adapter is not None:
            text["adapter"] = f"{self.adapter.name} {_digest(self.adapter)}"
        return text


def _digest(folder: Path) -> str:
    content = b"".join((folder / name).read_bytes() for name in _WEIGHTS if (folder / name).is_file())
    return hashlib.sha256(content).hexdigest()[:16]


def check_adapter(settings: Settings, folder: Path, target: str) -> Path | None:
    """Return the adapter's folder, or None without the setting. Raises ModelError when it has no adapter."""
    if settings.adapter is None:
        return None
    path = folder / settings.adapter
    if not (path / "adapter_config.json").is_file():
        raise ModelError(f"{target}: the adapter {settings.adapter} has no adapter_config.json")
    if not any((path / name).is_file() for name in _WEIGHTS):
        raise ModelError(f"{target}: the adapter {settings.adapter} has no {_WEIGHTS[0]}")
    return path


def make_source(target: str, settings: Settings, folder: Path, device: str) -> Source:
    """Return the source of `target` under these settings. Raises when a library that they need is missing."""
    options: dict[str, Any] = {
        "local_files_only": settings.offline,
        "trust_remote_code": settings.trust_remote_code,
    }
    weights: dict[str, Any] = {"dtype": settings.dtype}
    if settings.revision is not None:
        options["revision"] = settings.revision
    if settings.attention is not None:
        weights["attn_implementation"] = settings.attention
    if settings.device_map is not None:
        if util.find_spec("accelerate") is None:
            raise MissingDependencyError("accelerate", "peft", "--generalbench-device-map")
        weights["device_map"] = settings.device_map
    adapter = check_adapter(settings, folder, f"hf:{target}")
    if adapter is not None and util.find_spec("peft") is None:
        raise MissingDependencyError("peft", "peft", "--generalbench-adapter")
    name = str(folder / target) if (folder / target).is_dir() else target
    return Source(target, name, options, weights, device, adapter)


def answering_class(config: Any) -> Any:
    """Return the Auto class for a model that answers in text: by its type, or as its repository says."""
    import transformers
    from transformers.models.auto import modeling_auto as auto

    kind = config.model_type
    own = getattr(config, "auto_map", None) or {}
    if kind in auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES or "AutoModelForMultimodalLM" in own:
        return transformers.AutoModelForMultimodalLM
    if "AutoModelForImageTextToText" in own:
        return transformers.AutoModelForImageTextToText
    in_two_parts = kind in auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES
    if in_two_parts and (config.is_encoder_decoder or kind not in auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES):
        return transformers.AutoModelForSeq2SeqLM
    return transformers.AutoModelForCausalLM


def declared(modalities: str | Iterable[str]) -> frozenset[str]:
    """Return the media of a model's `input_modalities` or `output_modalities`, text always among them."""
    named = {modalities} if isinstance(modalities, str) else set(modalities)
    return frozenset({"text", *(named & set(_MEDIA))})


def load_processor(source: Source, config: Any, media: frozenset[str]) -> Any:
    """Return the tokenizer of a model of text, or the processor of one that takes other media."""
    import transformers

    if media == {"text"}:
        return transformers.AutoTokenizer.from_pretrained(source.name, **source.options)
    try:
        return transformers.AutoProcessor.from_pretrained(source.name, **source.options)
    except (ImportError, ValueError):  # which of them depends on the files of the model
        if util.find_spec("torchvision") is not None:
            raise
        # Video processors need torchvision. The rest of the processor does not: frames go in as images.
        made = _without_videos(source, config)
        if made is None:
            raise
        return made


def _without_videos(source: Source, config: Any) -> Any:
    """Return the model's own processor with every part but the one for videos, or None when it has none."""
    import transformers
    from transformers.models.auto import processing_auto as auto

    names: Any = auto.PROCESSOR_MAPPING_NAMES  # type: ignore[attr-defined]
    name = names.get(config.model_type)
    if name is None:  # a part of a larger model, saved alone: its processor's file names the class
        values, _ = transformers.ProcessorMixin.get_processor_dict(source.name, **source.options)
        name = values.get("processor_class", "")
    result: Any = getattr(transformers, name, None)
    if result is None or "video_processor" not in result.get_attributes():
        return None

    class WithoutVideos(result):  # type: ignore[misc]
        # Some override it with a look into the part for videos.
        apply_chat_template = transformers.ProcessorMixin.apply_chat_template

        def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
            if argument_name == "video_processor":
                return type(None)
            return super().check_argument_for_proper_class(argument_name, argument)

    factories: dict[str, Any] = {
        "tokenizer": transformers.AutoTokenizer,
        "image_processor": transformers.AutoImageProcessor,
        "feature_extractor": transformers.AutoFeatureExtractor,
    }
    parts = result.get_attributes()
    if not set(parts) <= {*factories, "video_processor"}:
        return None
    loaded = [
        None if part == "video_processor" else factories[part].from_pretrained(source.name, **source.options)
        for part in parts
    ]
    values, _ = result.get_processor_dict(source.name, **source.options)
    try:
        processor = WithoutVideos.from_args_and_dict(loaded, values)
    except AttributeError:
        return None  # it looks into the part for videos at once; what the library says of torchvision stands
    if processor.chat_template is None:
        processor.chat_template = loaded[parts.index("tokenizer")].chat_template
    return processor


def find_senses(target: str, processor: Any, media: frozenset[str], settings: Settings) -> Senses:
    """Return the media that the model takes: those it declares, or those that the user names."""
    ears = getattr(processor, "feature_extractor", None) or getattr(processor, "audio_processor", None)
    eyes = getattr(processor, "image_processor", None)
    videos = getattr(processor, "video_processor", None) is not None
    if "video_processor" in getattr(processor, "get_attributes", list)():
        media |= {"video"}  # some models name images alone, and their processors take videos
    able = {"text"}
    able |= {"image", "video"} if eyes is not None else set()
    able |= {"video"} if videos else set()
    able |= {"audio"} if ears is not None else set()
    wanted = media if settings.input_media is None else frozenset(settings.input_media)
    lacking = sorted(wanted - able)
    if settings.input_media is not None and lacking:
        raise ModelError(
            f"hf:{target}: --generalbench-input-media names {', '.join(lacking)}, "
            f"but its processor takes {', '.join(sorted(able))}"
        )
    rate = int(getattr(ears, "sampling_rate", None) or 16_000)
    names = getattr(processor, "model_input_names", ())
    return Senses(
        frozenset(wanted & able),
        videos,
        settings.model_frames,
        rate,
        int(getattr(getattr(processor, "video_processor", None), "temporal_patch_size", None) or 1),
        "video_second_per_grid" in names,
    )
