"""Families that take media: real processors beside shrunk models of random weights."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any, Final

from tests.models.media_family import HAS_TORCHVISION
from tests.models.media_family_table import FAMILIES
from tests.models.shrunk import make_model
from tests.models.tiny import SPECIAL, tokenizer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.models.media_family import Values

_PROCESSORS: Final = {"kosmos-2": "Kosmos2Processor"}
"""Processors that the library finds by the files of a model alone."""

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

    if name.endswith("tokenizer"):
        return tokenizer(chat=False)
    return getattr(transformers, _part_class(kind, name))(**given)


def _framed(words: Any) -> Any:
    """Return what puts a tokenizer's first and last token around a text, as BERT's does."""
    from tokenizers.processors import TemplateProcessing

    first, last = str(words.cls_token), str(words.sep_token)
    ids = [(token, words.convert_tokens_to_ids(token)) for token in (first, last)]
    return TemplateProcessing(single=f"{first} $A {last}", special_tokens=ids)


def _save_processor(kind: str, folder: Path) -> Any:
    """Save the processor of a family with a small tokenizer that has its tokens, and return the tokenizer.

    Without torchvision nobody can make the part for videos: the file is written without it then.
    """
    import transformers
    from transformers.models.auto import processing_auto

    family = FAMILIES[kind]
    base = kind.removesuffix("_thinker")
    names: Any = processing_auto.PROCESSOR_MAPPING_NAMES  # type: ignore[attr-defined]
    maker: Any = getattr(transformers, _PROCESSORS.get(kind) or names.get(kind) or names[base])
    words = tokenizer(
        chat=False, extra=family.tokens, special=SPECIAL if family.has_image_token else SPECIAL[:2]
    )
    words.bos_token = "<eos>"
    for name in family.tokens.keys() & {"cls_token", "sep_token", "unk_token"}:
        setattr(words, name, family.tokens[name])
    if "cls_token" in family.tokens:
        words.backend_tokenizer.post_processor = _framed(words)
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
    values = {name: json.loads(part.to_json_string()) for name, part in parts.items() if part is not words}
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
    ids = {"image_token": words.convert_tokens_to_ids("<image>"), **ids}
    config = dict(own.config)
    if "vocabulary_map" in config:
        config["vocabulary_map"] = words.get_vocab()
    if kind.endswith("_thinker"):
        # These ids are no fields of the usual configuration.
        config |= {f"{name}_id": ids[name] for name in own.tokens if name.split("_")[1] in ("start", "end")}
    make_model(kind, len(words), ids, config).save_pretrained(folder)
    return folder
