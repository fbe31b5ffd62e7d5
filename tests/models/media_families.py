"""Families that take media: real processors of the usual sizes beside shrunk models of random weights."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from tests.models.shrunk import make_model
from tests.models.tiny import tokenizer

if TYPE_CHECKING:
    from pathlib import Path

Values = dict[str, Any]


def chat_template(**tokens: str) -> str:
    """Return a template that writes a token for each medium of a turn, and its texts."""
    branches = "".join(
        f"{{% {'elif' if number else 'if'} part['type'] == '{kind}' %}}{token}"
        for number, (kind, token) in enumerate(tokens.items())
    )
    return (
        "{% for message in messages %}user:{% if message['content'] is string %}{{ message['content'] }}"
        "{% else %}{% for part in message['content'] %}"
        + branches
        + "{% else %}{{ part['text'] }}{% endif %}"
        "{% endfor %}{% endif %}{{ '\n' }}{% endfor %}assistant:"
    )


HAS_TORCHVISION: Final = find_spec("torchvision") is not None

STRINGS: Final = (
    "{% for message in messages %}{{ 'USER: ' + message['content'] + '\n' }}{% endfor %}ASSISTANT:"
)
"""A template whose turns are strings."""


@dataclass(frozen=True, slots=True)
class Family:
    """What a family's tokenizer, processor and configuration have that others lack."""

    tokens: dict[str, str]
    """Special tokens by name, as in `image_token`."""
    template: str | None
    config: Values = field(default_factory=dict)
    parts: dict[str, Values] = field(default_factory=dict)
    """Arguments of the parts of its processor."""
    processor: Values = field(default_factory=dict)
    """Arguments of the processor itself."""
    video: bool = False
    untried: frozenset[str] = frozenset()
    """Media that a shrunk model cannot take."""
    times: str = ""
    """How the times of a video's frames are told: a regular expression over the prompt."""


_QWEN: Final = {
    "image_token": "<|image_pad|>", "video_token": "<|video_pad|>", "audio_token": "<|audio_pad|>",
    "vision_start_token": "<|vision_start|>", "vision_end_token": "<|vision_end|>",
    "vision_bos_token": "<|vision_bos|>", "vision_eos_token": "<|vision_eos|>",
    "audio_bos_token": "<|audio_bos|>", "audio_eos_token": "<|audio_eos|>",
    "audio_start_token": "<|audio_bos|>", "audio_end_token": "<|audio_eos|>",
}  # fmt: skip
_OMNI: Final = {**_QWEN, "vision_start_token": "<|vision_bos|>", "vision_end_token": "<|vision_eos|>"}
_QWEN_CHAT: Final = chat_template(
    image="<|vision_start|><|image_pad|><|vision_end|>",
    video="<|vision_start|><|video_pad|><|vision_end|>",
    audio="<|audio_bos|><|audio_pad|><|audio_eos|>",
)
_IMAGE: Final = {"image_token": "<image>"}
_VIDEO: Final = {**_IMAGE, "video_token": "<video>"}
_CHAT: Final = chat_template(image="<image>", video="<video>")
_GLM: Final = {
    "image_token": "<|image|>", "video_token": "<|video|>", "image_start": "<|begin_of_image|>",
    "image_end": "<|end_of_image|>", "video_start": "<|begin_of_video|>", "video_end": "<|end_of_video|>",
    "image_start_token": "<|begin_of_image|>", "image_end_token": "<|end_of_image|>",
    "video_start_token": "<|begin_of_video|>", "video_end_token": "<|end_of_video|>",
}  # fmt: skip
_GLM_CHAT: Final = chat_template(
    image="<|begin_of_image|><|image|><|end_of_image|>", video="<|begin_of_video|><|video|><|end_of_video|>"
)
_IDEFICS: Final = {
    **_IMAGE, "fake_image_token": "<fake_token_around_image>", "global_image_token": "<global-img>",
    "end_of_utterance_token": "<end_of_utterance>", "image_boundary_token": "<fake_token_around_image>",
}  # fmt: skip
_MROPE: Final[Values] = {
    "text_config": {
        "rope_parameters": {"rope_type": "default", "mrope_section": [2, 1, 1], "rope_theta": 10_000.0}
    }
}
_MEL: Final[dict[str, Values]] = {"feature_extractor": {"feature_size": 128}}
_PATCH: Final[dict[str, Values]] = {"image_processor": {"patch_size": 16}}


def _square(side: int) -> Values:
    return {"size": {"height": side, "width": side}}


_CLIP: Final[Values] = {"size": {"shortest_edge": 336}, "crop_size": {"height": 336, "width": 336}}
_EDGE: Final[Values] = {"size": {"longest_edge": 364}, "max_image_size": {"longest_edge": 364}}
_SECONDS: Final = r"<2\.0 seconds>.*<10\.0 seconds>.*<18\.0 seconds>.*<26\.0 seconds>"

FAMILIES: Final[dict[str, Family]] = {
    "llava": Family(_IMAGE, _CHAT, parts={"image_processor": _CLIP}),
    "vipllava": Family(
        _IMAGE, _CHAT, {"vision_feature_layers": [-1, -2, -1, -2, -1]}, {"image_processor": _CLIP}
    ),
    "llava_next": Family(_IMAGE, _CHAT, parts={"image_processor": _CLIP}),
    "llava_next_video": Family(
        _VIDEO, _CHAT, parts={"image_processor": _CLIP, "video_processor": _CLIP}, video=True
    ),
    "llava_onevision": Family(
        _VIDEO,
        _CHAT,
        {"vision_config": {"image_size": 384, "patch_size": 14}, "vision_feature_select_strategy": "full"},
        processor={"num_image_tokens": 729, "vision_feature_select_strategy": "full"},
        video=True,
    ),
    "video_llava": Family(_VIDEO, _CHAT, video=True),
    "qwen2_vl": Family(_QWEN, _QWEN_CHAT, _MROPE, video=True),
    "qwen2_5_vl": Family(_QWEN, _QWEN_CHAT, _MROPE, video=True),
    "qwen3_vl": Family(_QWEN, _QWEN_CHAT, parts=_PATCH, video=True, times=_SECONDS),
    "qwen3_5": Family(_QWEN, _QWEN_CHAT, parts=_PATCH, video=True, times=_SECONDS),
    "qwen2_5_omni_thinker": Family(_OMNI, _QWEN_CHAT, _MROPE, _MEL, video=True),
    "qwen3_omni_moe_thinker": Family(
        _OMNI, _QWEN_CHAT, _MROPE, {**_MEL, **_PATCH, "video_processor": {"patch_size": 16}}, video=True
    ),
    "exaone4_5": Family(_QWEN, _QWEN_CHAT, video=True),
    "glm4v": Family(_GLM, _GLM_CHAT, _MROPE, video=True, times=r">0<.*>8<.*>16<.*>24<"),
    "glm46v": Family(
        _GLM, _GLM_CHAT, _MROPE, video=True, times=r"0\.0 seconds.*8\.0 seconds.*16\.0 seconds.*24\.0 seconds"
    ),
    "video_llama_3": Family(
        _VIDEO,
        _CHAT,
        {"vision_config": {"patch_size": 14}},
        video=True,
        times="Time 0.0s:.*Time 4.0s:.*Time 8.0s:.*Time 28.0s:",
    ),
    "internvl": Family(
        {
            "context_image_token": "<IMG_CONTEXT>",
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "video_token": "<video>",
            "image_token": "<IMG_CONTEXT>",
        },
        chat_template(image="<IMG_CONTEXT>", video="<video>"),
        parts={"image_processor": _square(448), "video_processor": _square(448)},
        video=True,
    ),
    "idefics2": Family(_IDEFICS, _CHAT),
    "idefics3": Family(
        _IDEFICS,
        _CHAT,
        {"vision_config": {"image_size": 364, "patch_size": 14}},
        {"image_processor": {"size": {"longest_edge": 364}}},
    ),
    "smolvlm": Family(
        _IDEFICS,
        _CHAT,
        {"vision_config": {"image_size": 364, "patch_size": 14}},
        {"image_processor": _EDGE, "video_processor": _EDGE},
        video=True,
        times="0:00:28 .*Frame from 00:00:.*Frame from 00:04:.*Frame from 00:28:",
    ),
    "gemma3": Family(
        {
            "image_token": "<image_soft_token>",
            "boi_token": "<start_of_image>",
            "eoi_token": "<end_of_image>",
        },
        chat_template(image="<start_of_image>"),
        {"vision_config": {"image_size": 224, "patch_size": 14}},
    ),
    "mistral3": Family(
        {"image_token": "[IMG]", "image_break_token": "[IMG_BREAK]", "image_end_token": "[IMG_END]"},
        chat_template(image="[IMG]"),
        parts={"image_processor": {"patch_size": 14}},
        processor={"patch_size": 14, "spatial_merge_size": 2},
    ),
    "ovis2": Family(
        {
            "image_token": "<IMG_ATOM>",
            "start": "<IMG_START>",
            "end": "<IMG_END>",
            "grid": "<IMG_GRID>",
            "column": "<IMG_COL>",
            "row": "<IMG_ROW>",
            "space": "<IMG_SPACE>",
        },
        _CHAT,
        {"vision_config": {"image_size": 224, "patch_size": 14}},
        {"image_processor": _square(224)},
    ),
    "deepseek_vl": Family(
        {"image_token": "<image_placeholder>"},
        chat_template(image="<image_placeholder>"),
        {"vision_config": {"image_size": 384, "patch_size": 16}},
        {"image_processor": _square(384)},
    ),
    "janus": Family(
        {
            "image_token": "<image_placeholder>",
            "boi_token": "<begin_of_image>",
            "eoi_token": "<end_of_image>",
        },
        chat_template(image="<image_placeholder>"),
    ),
    "lfm2_vl": Family(
        {**_IMAGE, "start": "<|image_start|>", "end": "<|image_end|>", "small": "<|img_thumbnail|>"}, _CHAT
    ),
    "cohere2_vision": Family(
        {
            "image_token": "<|IMG_PATCH|>",
            "boi_token": "<|START_OF_IMG|>",
            "eoi_token": "<|END_OF_IMG|>",
            "img_line_break_token": "<|IMG_LINE_BREAK|>",
        },
        chat_template(image="<|IMG_PATCH|>"),
    ),
    "lighton_ocr": Family(
        {
            "image_token": "<|image_pad|>",
            "image_break_token": "<|vision_pad|>",
            "image_end_token": "<|vision_end|>",
        },
        chat_template(image="<|image_pad|>"),
    ),
    "paligemma": Family(_IMAGE, None),
    "florence2": Family(_IMAGE, None),
    "phi4_multimodal": Family(
        {"image_token": "<|image|>", "audio_token": "<|audio|>"}, STRINGS, untried=frozenset({"audio"})
    ),
    "qwen2_audio": Family(
        {"audio_token": "<|AUDIO|>", "audio_bos_token": "<|audio_bos|>", "audio_eos_token": "<|audio_eos|>"},
        chat_template(audio="<|audio_bos|><|AUDIO|><|audio_eos|>"),
        parts=_MEL,
    ),
    "audioflamingo3": Family({"audio_token": "<sound>"}, chat_template(audio="<sound>"), parts=_MEL),
    "glmasr": Family({"audio_token": "<|pad|>"}, chat_template(audio="<|pad|>"), parts=_MEL),
    "granite_speech": Family(
        {"audio_token": "<|audio|>"}, STRINGS, {"projector_config": {"encoder_hidden_size": 32}}
    ),
}

_SEQUENCE: Final = {"paligemma": 256, "florence2": 50}
"""Tokens of an image, where the image processor is asked for them."""


def _part_class(kind: str, name: str) -> str:
    """Return the name of the usual class of a part of a type's processor."""
    from transformers.models.auto import feature_extraction_auto, image_processing_auto, video_processing_auto

    images: Any = image_processing_auto
    videos: Any = video_processing_auto
    sounds: Any = feature_extraction_auto
    tables: dict[str, Any] = {
        "image_processor": images.IMAGE_PROCESSOR_MAPPING_NAMES,
        "video_processor": videos.VIDEO_PROCESSOR_MAPPING_NAMES,
        "feature_extractor": sounds.FEATURE_EXTRACTOR_MAPPING_NAMES,
        "audio_processor": sounds.FEATURE_EXTRACTOR_MAPPING_NAMES,
    }
    named = tables[name][kind]
    if isinstance(named, dict):
        named = named.get("torchvision" if HAS_TORCHVISION else "pil") or next(iter(named.values()))
    return str(named)


def _part(kind: str, name: str, given: Values) -> Any:
    """Return a part of a type's processor, of its usual class."""
    import transformers

    return getattr(transformers, _part_class(kind, name))(**given)


def _save_processor(kind: str, folder: Path) -> Any:
    """Save the processor of a family with a small tokenizer that has its tokens, and return the tokenizer.

    Without torchvision nobody can make the part for videos: the file is written without it then.
    """
    import transformers
    from transformers.models.auto import processing_auto

    family = FAMILIES[kind]
    base = kind.removesuffix("_thinker")
    names: Any = processing_auto.PROCESSOR_MAPPING_NAMES  # type: ignore[attr-defined]
    maker: Any = getattr(transformers, names.get(kind) or names[base])
    words = tokenizer(chat=False, extra=family.tokens)
    words.bos_token = "<eos>"
    parts = {
        name: words if name == "tokenizer" else _part(base, name, family.parts.get(name, {}))
        for name in maker.get_attributes()
        if name != "video_processor" or HAS_TORCHVISION
    }
    if kind in _SEQUENCE:
        parts["image_processor"].image_seq_length = _SEQUENCE[kind]
    takes = inspect.signature(maker.__init__).parameters
    usual = {"patch_size": 14, "vision_feature_select_strategy": "default", "num_additional_image_tokens": 1}
    given = {name: value for name, value in usual.items() if name in takes and not takes[name].default}
    given |= family.processor
    if set(parts) == set(maker.get_attributes()):
        template = {"chat_template": family.template} if "chat_template" in takes else {}
        processor = maker(**parts, **template, **given)
        processor.save_pretrained(folder)
        return processor.tokenizer
    words.chat_template = family.template
    words.save_pretrained(folder)
    values = {name: part.to_dict() for name, part in parts.items() if part is not words}
    values["video_processor"] = {"video_processor_type": _part_class(base, "video_processor")}
    text = json.dumps({"processor_class": maker.__name__, **given, **values})
    (folder / "processor_config.json").write_text(text, encoding="utf-8")
    return words


def save_omni_without_voice(folder: Path) -> Path:
    """Save a whole random Qwen2.5-Omni whose voice is left out, and return its folder."""
    import torch

    kind = "qwen2_5_omni_thinker"
    words = _save_processor(kind, folder)
    own = FAMILIES[kind]
    ids = {name: words.convert_tokens_to_ids(token) for name, token in own.tokens.items()}
    marks = {f"{name}_id": ids[name] for name in own.tokens if name.split("_")[1] in ("start", "end")}
    changes = {"enable_audio_output": False, "thinker_config": {**own.config, **marks}}
    make_model("qwen2_5_omni", len(words), ids, changes).save_pretrained(folder)
    torch.save({}, folder / "spk_dict.pt")
    return folder


def save_family(kind: str, folder: Path) -> Path:
    """Save a random model of a family with its processor, and return its folder."""
    words = _save_processor(kind, folder)
    own = FAMILIES[kind]
    ids = {name: words.convert_tokens_to_ids(token) for name, token in own.tokens.items()}
    config = dict(own.config)
    if kind.endswith("_thinker"):
        # These ids are no fields of the usual configuration.
        config |= {f"{name}_id": ids[name] for name in own.tokens if name.split("_")[1] in ("start", "end")}
    make_model(kind, len(words), ids, config).save_pretrained(folder)
    return folder
