"""The families that take media: what each has that others lack."""

from __future__ import annotations

from typing import Final

from tests.models.media_family import STRINGS, Family, Values, chat_template

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


_CLIP: Final[Values] = {"size": {"shortest_edge": 112}, "crop_size": {"height": 112, "width": 112}}
_SMALL: Final[Values] = {"vision_config": {"image_size": 112, "patch_size": 14}}
_TILES: Final[Values] = {"image_grid_pinpoints": [[112, 224], [224, 112], [224, 224]]}
_EDGE: Final[Values] = {"size": {"longest_edge": 364}, "max_image_size": {"longest_edge": 364}}
_SECONDS: Final = r"<2\.0 seconds>.*<10\.0 seconds>.*<18\.0 seconds>.*<26\.0 seconds>"

FAMILIES: Final[dict[str, Family]] = {
    "llava": Family(_IMAGE, _CHAT, _SMALL, {"image_processor": _CLIP}),
    "vipllava": Family(
        _IMAGE,
        _CHAT,
        {**_SMALL, "vision_feature_layers": [-1, -2, -1, -2, -1]},
        {"image_processor": _CLIP},
    ),
    "llava_next": Family(_IMAGE, _CHAT, {**_SMALL, **_TILES}, {"image_processor": {**_CLIP, **_TILES}}),
    "llava_next_video": Family(
        _VIDEO,
        _CHAT,
        {**_SMALL, **_TILES},
        {"image_processor": {**_CLIP, **_TILES}, "video_processor": _CLIP},
        video=True,
    ),
    "llava_onevision": Family(
        _VIDEO,
        _CHAT,
        {**_SMALL, **_TILES, "vision_feature_select_strategy": "full"},
        {"image_processor": {**_square(112), **_TILES}, "video_processor": _square(112)},
        {"num_image_tokens": 64, "vision_feature_select_strategy": "full"},
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
        {"vision_config": {"image_size": [112, 112]}},
        {"image_processor": {**_square(112), "max_patches": 4}, "video_processor": _square(112)},
        {"image_seq_length": 16},
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
    "florence2": Family(
        _IMAGE,
        None,
        {
            "vision_config": {
                "embed_dim": [16, 16, 32, 32],
                "depths": [1, 1, 1, 1],
                "num_heads": [2, 2, 2, 2],
                "num_groups": [2, 2, 2, 2],
            }
        },
        images=1,
    ),
    "phi4_multimodal": Family(
        {"image_token": "<|image|>", "audio_token": "<|audio|>"},
        STRINGS,
        {
            "audio_config": {
                "ext_pw_out_channel": 32,
                "depthwise_separable_out_channel": 32,
                "nemo_conv_channels": 32,
                "num_blocks": 2,
            }
        },
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
    "gemma3n": Family(
        {
            "image_token": "<image_soft_token>",
            "boi_token": "<start_of_image>",
            "eoi_token": "<end_of_image>",
            "audio_token": "<audio_soft_token>",
            "boa_token": "<start_of_audio>",
            "eoa_token": "<end_of_audio>",
        },
        chat_template(image="<image_soft_token>", audio="<audio_soft_token>"),
        {
            "text_config": {
                "intermediate_size": [64, 64],
                "activation_sparsity_pattern": [0.0, 0.0],
                "num_kv_shared_layers": 0,
                "hidden_size_per_layer_input": 8,
                "laurel_rank": 8,
                "vocab_size_per_layer_input": 300,
            },
            "audio_config": {
                "conf_num_hidden_layers": 1,
                "conf_num_attention_heads": 4,
                "sscp_conv_channel_size": [16, 8],
                "vocab_offset": 298,
            },
            "vision_config": {"architecture": "test_resnet", "hidden_size": 96, "vocab_offset": 296},
        },
        {"image_processor": _square(512)},
    ),
    "gemma4": Family(
        {
            "image_token": "<|image|>",
            "boi_token": "<|image>",
            "eoi_token": "<image|>",
            "audio_token": "<|audio|>",
            "boa_token": "<|audio>",
            "eoa_token": "<audio|>",
            "video_token": "<|video|>",
        },
        chat_template(image="<|image|>", audio="<|audio|>", video="<|video|>"),
        {
            "text_config": {
                "global_head_dim": 8,
                "hidden_size_per_layer_input": 8,
                "vocab_size_per_layer_input": 300,
            },
            "audio_config": {
                "subsampling_conv_channels": [128, 8],
                "output_proj_dims": 32,
                "hidden_size": 32,
                "num_attention_heads": 4,
                "num_hidden_layers": 2,
            },
            "vision_config": {
                "position_embedding_size": 512,
                "hidden_size": 32,
                "intermediate_size": 64,
                "head_dim": 8,
                "num_attention_heads": 4,
                "num_key_value_heads": 4,
                "num_hidden_layers": 2,
            },
        },
        {"image_processor": {"max_soft_tokens": 70}},
        video=True,
        times="00:00 .*00:04 .*00:08 .*00:28 ",
    ),
    "molmo2": Family(
        {
            "image_token": "<|image|>",
            "video_token": "<|video|>",
            "image_patch": "<im_patch>",
            "col": "<im_col>",
            "image_start_token": "<im_start>",
            "low_res_image_start_token": "<low_res_im_start>",
            "frame_start_token": "<frame_start>",
            "image_end_token": "<im_end>",
            "frame_end_token": "<frame_end>",
            "im_low": "<im_low>",
        },
        chat_template(image="<|image|>", video="<|video|>"),
        {"adapter_config": {"vision_feature_layer": [1, 0], "text_hidden_size": 32}},
        {"image_processor": {"max_crops": 2}},
        video=True,
        times=r"user:0\.0 .* 4\.0 .* 8\.0 .* 28\.0 ",
    ),
    "chameleon": Family(
        {
            "image_token": "<image>",
            "boi_token": "<racm3:break>",
            "eoi_token": "<eoss>",
            "sep_token": "<reserved08706>",
            **{f"code{n}": f"IMGIMG{chr(ord('A') + n)}Z" for n in range(8)},
        },
        None,
        {
            "vocabulary_map": {},
            "vq_config": {
                "num_embeddings": 8,
                "latent_channels": 32,
                "base_channels": 32,
                "num_res_blocks": 1,
                "resolution": 64,
            },
        },
        {"image_processor": {"size": {"shortest_edge": 64}, "crop_size": {"height": 64, "width": 64}}},
        {"image_seq_length": 16},
    ),
    "emu3": Family(
        {
            "image_token": "<image>",
            "boi_token": "<|image start|>",
            "eoi_token": "<|image end|>",
            "image_wrapper_token": "<|image token|>",
            "eof_token": "<|extra_201|>",
            "eol": "<|extra_200|>",
            **{f"code{n}": f"<|visual token {n:06}|>" for n in range(8)},
        },
        _CHAT,
        {
            "vocabulary_map": {},
            "vq_config": {
                "codebook_size": 8,
                "base_channels": 32,
                "channel_multiplier": [1, 1, 1, 1],
                "num_res_blocks": 1,
                "attn_resolutions": [],
                "embed_dim": 4,
                "num_attention_heads": 1,
            },
        },
        {"image_processor": {"min_pixels": 4096}},
    ),
    "kosmos-2": Family(
        {"unk_token": "<unk>"},
        None,
        {"latent_query_num": 64, "text_config": {"layers": 2, "attention_heads": 4}},
        processor={"num_patch_index_tokens": 16},
        images=1,
    ),
    "blip-2": Family(
        {},
        None,
        {"num_query_tokens": 32},
        {"image_processor": _square(224)},
        processor={"num_query_tokens": 32},
        images=1,
        needs_image=True,
    ),
    "instructblip": Family(
        {},
        None,
        {"num_query_tokens": 32, "qformer_config": {"encoder_hidden_size": 32}},
        {"image_processor": _square(224)},
        processor={"num_query_tokens": 32},
        images=1,
        needs_image=True,
    ),
    "git": Family(
        {"cls_token": "[CLS]", "sep_token": "[SEP]"},
        None,
        images=1,
        has_image_token=False,
    ),
}
