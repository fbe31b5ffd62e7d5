"""Random models of any transformers type, its default configuration shrunk to a few thousand weights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIZES: Final[dict[str, int]] = {
    **dict.fromkeys(
        (
            "hidden_size", "d_model", "n_embd", "embed_dim", "hidden_dim", "output_dim", "out_hidden_size",
            "projection_dim", "word_embed_proj_dim", "moe_intermediate_size",
            "shared_expert_intermediate_size", "vision_output_dim",
        ),
        32,
    ),
    **dict.fromkeys(("intermediate_size", "ffn_dim", "encoder_ffn_dim", "decoder_ffn_dim"), 64),
    **dict.fromkeys(
        (
            "num_hidden_layers", "num_layers", "n_layer", "depth", "encoder_layers", "decoder_layers",
            "num_key_value_heads", "num_experts_per_tok",
        ),
        2,
    ),
    **dict.fromkeys(
        (
            "num_attention_heads", "n_head", "num_heads", "encoder_attention_heads",
            "decoder_attention_heads", "num_experts", "num_local_experts", "n_routed_experts",
        ),
        4,
    ),
    "linear_key_head_dim": 8, "linear_value_head_dim": 8, "linear_num_key_heads": 2,
    "linear_num_value_heads": 4, "head_dim": 8, "max_position_embeddings": 65_536, "sliding_window": 64,
}  # fmt: skip

_IDS: Final = {"pad_token": 0, "bos_token": 1, "eos_token": 1}
_LAYER_LISTS: Final = ("layer_types", "mlp_layer_types")


def shrunk(value: Mapping[str, Any], size: int, tokens: Mapping[str, int]) -> dict[str, Any]:
    """Return a configuration's values with small sizes, two layers, and the ids of these tokens.

    Args:
        value: the configuration, as a dict.
        size: the size of the vocabulary.
        tokens: ids of special tokens by name, as in `image_token`.
    """
    result: dict[str, Any] = {}
    for key, old in value.items():
        name = re.fullmatch(r"(\w+)_(?:id|index)", str(key))
        if key == "per_layer_config":
            continue
        if isinstance(old, dict) and key not in ("rope_parameters", "id2label", "label2id"):
            result[key] = shrunk(old, size, tokens)
        elif key == "vocab_size":
            result[key] = size
        elif key in _SIZES and isinstance(old, int) and not isinstance(old, bool):
            result[key] = _SIZES[key]
        elif key in _LAYER_LISTS and isinstance(old, list):
            result[key] = [old[0], old[-1]]
        elif name and name[1] in {**_IDS, **tokens}:
            result[key] = {**_IDS, **tokens}[name[1]]
        else:
            result[key] = old
    return result


def merged(value: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested values with some of them changed."""
    result = dict(value)
    for key, new in changes.items():
        old = result.get(key)
        result[key] = merged(old, new) if isinstance(new, dict) and isinstance(old, dict) else new
    return result


def make_model(kind: str, size: int, tokens: Mapping[str, int], changes: Mapping[str, Any]) -> Any:
    """Return a shrunk random model of a type, of its class for answers.

    Args:
        kind: the model type, as in `qwen3_vl`.
        size: the size of its vocabulary.
        tokens: ids of special tokens by name.
        changes: values of the configuration that differ from what `shrunk` gives.
    """
    import torch
    import transformers
    from transformers.models.auto import modeling_auto as auto

    usual = type(transformers.AutoConfig.for_model(kind))
    values = shrunk(usual().to_dict(), size, tokens)
    config = usual.from_dict(merged(values, changes))
    names: Any = {
        **auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
        **auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        **auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES,
    }
    torch.manual_seed(0)
    model = getattr(transformers, names[kind])(config)
    model.generation_config.pad_token_id = 0
    model.generation_config.eos_token_id = 1
    return model
