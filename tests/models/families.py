"""Tiny random models of more transformers families than `tiny` holds; each is saved in a blink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.models.tiny import tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TEXT: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 4096, "pad_token_id": 0, "eos_token_id": 1,
    "bos_token_id": 1,
}  # fmt: skip


def _untyped(config: Any) -> Any:
    """Return a configuration class that takes more keywords than its signature says."""
    return config


def chat_template(image: str = "<image>", audio: str = "<audio>", video: str = "<video>") -> str:
    """Return a template that writes a part's token, then its text."""
    branches = "".join(
        f"{{% {word} part['type'] == '{kind}' %}}{token}"
        for word, kind, token in (("if", "image", image), ("elif", "audio", audio), ("elif", "video", video))
    )
    return (
        "{% for message in messages %}{% if message['content'] is string %}{{ message['content'] }}{% else %}"
        "{% for part in message['content'] %}" + branches + "{% else %}{{ part['text'] }}{% endif %}"
        "{% endfor %}{% endif %}{{ '\n' }}{% endfor %}"
    )


def _save_language(folder: Path, config: type, model: type, **changes: Any) -> Path:
    import torch

    torch.manual_seed(0)
    words = tokenizer()
    made: Any = model(config(**{**_TEXT, "vocab_size": len(words), **changes}))
    made.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def save_qwen2(folder: Path) -> Path:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    return _save_language(folder, Qwen2Config, Qwen2ForCausalLM)


def save_mistral(folder: Path) -> Path:
    from transformers import MistralConfig, MistralForCausalLM

    return _save_language(folder, MistralConfig, MistralForCausalLM)


def save_gemma(folder: Path) -> Path:
    from transformers import GemmaConfig, GemmaForCausalLM

    return _save_language(folder, GemmaConfig, GemmaForCausalLM, head_dim=8)


def save_gpt2(folder: Path) -> Path:
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    words = tokenizer(chat=False)
    config = GPT2Config(
        vocab_size=len(words),
        n_positions=4096,
        n_embd=32,
        n_layer=2,
        n_head=4,
        bos_token_id=1,
        eos_token_id=1,
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def save_t5(folder: Path) -> Path:
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(0)
    words = tokenizer(chat=False)
    config = _untyped(T5Config)(
        vocab_size=len(words), d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, pad_token_id=0,
        eos_token_id=1, decoder_start_token_id=0,
    )  # fmt: skip
    T5ForConditionalGeneration(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def save_qwen2_audio(folder: Path) -> Path:
    import torch
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioEncoderConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        Qwen2Config,
        WhisperFeatureExtractor,
    )

    torch.manual_seed(0)
    audio, begin, end = "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"
    words = tokenizer(extra={"audio_token": audio, "begin": begin, "end": end})
    config = _untyped(Qwen2AudioConfig)(
        audio_config=Qwen2AudioEncoderConfig(
            d_model=32, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=64, num_mel_bins=80,
            max_source_positions=50,
        ).to_dict(),
        text_config=Qwen2Config(**_TEXT, vocab_size=len(words)).to_dict(),
        audio_token_id=words.convert_tokens_to_ids(audio),
    )  # fmt: skip
    Qwen2AudioForConditionalGeneration(config).save_pretrained(folder)
    ears = WhisperFeatureExtractor(feature_size=80, chunk_length=1)
    template = chat_template(audio=f"{begin}{audio}{end}")
    processor: Any = Qwen2AudioProcessor(ears, words, chat_template=template)
    processor.save_pretrained(folder)
    return folder


def save_qwen2_5_vl(folder: Path) -> Path:
    """Save a Qwen2.5-VL without its video processor, which nobody can make without torchvision."""
    import torch
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    torch.manual_seed(0)
    marks = ["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
    words = tokenizer(extra=dict(zip(("start", "end", "image_token", "video_token"), marks, strict=True)))
    words.chat_template = chat_template(
        image="<|vision_start|><|image_pad|><|vision_end|>",
        video="<|vision_start|><|video_pad|><|vision_end|>",
    )
    start, end, image, video = (words.convert_tokens_to_ids(mark) for mark in marks)
    config = Qwen2_5_VLConfig(
        text_config={
            **_TEXT, "vocab_size": len(words),
            "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0},
        },
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "patch_size": 14,
            "spatial_merge_size": 2, "window_size": 56, "fullatt_block_indexes": [1], "out_hidden_size": 32,
            "temporal_patch_size": 2,
        },
        image_token_id=image, video_token_id=video, vision_start_token_id=start, vision_end_token_id=end,
    )  # fmt: skip
    Qwen2_5_VLForConditionalGeneration(config).save_pretrained(folder)
    words.save_pretrained(folder)
    eyes: Any = Qwen2VLImageProcessorPil(min_pixels=28 * 28 * 4, max_pixels=28 * 28 * 16)
    eyes.save_pretrained(folder)
    return folder


def save_qwen3_vl(folder: Path) -> Path:
    """Save a Qwen3-VL, without its video processor as well."""
    import torch
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    torch.manual_seed(0)
    marks = {
        "vision_start_token": "<|vision_start|>", "vision_end_token": "<|vision_end|>",
        "image_token": "<|image_pad|>", "video_token": "<|video_pad|>",
    }  # fmt: skip
    words = tokenizer(extra=marks)
    words.chat_template = chat_template(
        image="<|vision_start|><|image_pad|><|vision_end|>",
        video="<|vision_start|><|video_pad|><|vision_end|>",
    )
    start, end, image, video = (words.convert_tokens_to_ids(mark) for mark in marks.values())
    config = Qwen3VLConfig(
        text_config={
            **_TEXT, "vocab_size": len(words), "head_dim": 8,
            "rope_parameters": {"rope_type": "default", "mrope_section": [2, 1, 1], "rope_theta": 10000.0},
        },
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "patch_size": 16,
            "spatial_merge_size": 2, "out_hidden_size": 32, "temporal_patch_size": 2,
            "num_position_embeddings": 64, "deepstack_visual_indexes": [0],
        },
        image_token_id=image, video_token_id=video, vision_start_token_id=start, vision_end_token_id=end,
    )  # fmt: skip
    Qwen3VLForConditionalGeneration(config).save_pretrained(folder)
    words.save_pretrained(folder)
    eyes: Any = Qwen2VLImageProcessorPil(patch_size=16, min_pixels=32 * 32 * 4, max_pixels=32 * 32 * 16)
    eyes.save_pretrained(folder)
    return folder


def save_idefics3(folder: Path) -> Path:
    import torch
    from transformers import (
        Idefics3Config,
        Idefics3ForConditionalGeneration,
        Idefics3Processor,
        LlamaConfig,
    )
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

    torch.manual_seed(0)
    words = tokenizer(
        extra={
            "image_token": "<image>",
            "fake": "<fake_token_around_image>",
            "global": "<global-img>",
            "end": "<end_of_utterance>",
        }
    )
    config = _untyped(Idefics3Config)(
        vision_config={
            "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
            "image_size": 28, "patch_size": 14,
        },
        text_config=LlamaConfig(**_TEXT, vocab_size=len(words)).to_dict(),
        scale_factor=2,
        image_token_id=words.convert_tokens_to_ids("<image>"),
        pad_token_id=0,
    )  # fmt: skip
    Idefics3ForConditionalGeneration(config).save_pretrained(folder)
    eyes = Idefics3ImageProcessorPil(
        size={"longest_edge": 28}, max_image_size={"longest_edge": 28}, do_image_splitting=False
    )
    processor: Any = Idefics3Processor(eyes, words, image_seq_len=1, chat_template=chat_template())
    processor.save_pretrained(folder)
    return folder


def save_paligemma(folder: Path) -> Path:
    import torch
    from transformers import (
        GemmaConfig,
        PaliGemmaConfig,
        PaliGemmaForConditionalGeneration,
        PaliGemmaProcessor,
        SiglipVisionConfig,
    )
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    torch.manual_seed(0)
    words = tokenizer(chat=False)
    words.bos_token = "<eos>"
    eyes: Any = SiglipImageProcessorPil(size={"height": 28, "width": 28})
    eyes.image_seq_length = 4
    processor: Any = PaliGemmaProcessor(eyes, words)
    config = _untyped(PaliGemmaConfig)(
        vision_config=SiglipVisionConfig(
            hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=28,
            patch_size=14,
        ).to_dict(),
        text_config=GemmaConfig(**_TEXT, head_dim=8, vocab_size=len(processor.tokenizer)).to_dict(),
        image_token_id=processor.image_token_id,
        projection_dim=32,
    )  # fmt: skip
    PaliGemmaForConditionalGeneration(config).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def save_whisper(folder: Path) -> Path:
    import torch
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperProcessor,
    )

    torch.manual_seed(0)
    marks = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|zh|>", "<|translate|>", "<|transcribe|>"]
    marks += ["<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    core = tokenizer(chat=False)
    core.add_tokens(marks, special_tokens=True)
    size = len(core)
    ids = {mark: core.convert_tokens_to_ids(mark) for mark in marks}
    config = WhisperConfig(
        vocab_size=size + 60, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, num_mel_bins=80,
        max_source_positions=50, max_target_positions=64, pad_token_id=ids["<|endoftext|>"],
        bos_token_id=ids["<|endoftext|>"], eos_token_id=ids["<|endoftext|>"],
        decoder_start_token_id=ids["<|startoftranscript|>"], suppress_tokens=None, begin_suppress_tokens=None,
    )  # fmt: skip
    model: Any = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        is_multilingual=True,
        lang_to_id={"<|en|>": ids["<|en|>"], "<|zh|>": ids["<|zh|>"]},
        task_to_id={"translate": ids["<|translate|>"], "transcribe": ids["<|transcribe|>"]},
        no_timestamps_token_id=ids["<|notimestamps|>"],
        prev_sot_token_id=ids["<|startofprev|>"],
        decoder_start_token_id=ids["<|startoftranscript|>"],
        eos_token_id=ids["<|endoftext|>"], pad_token_id=ids["<|endoftext|>"], max_length=64,
        max_initial_timestamp_index=50, return_timestamps=False,
    )  # fmt: skip
    model.save_pretrained(folder)
    ears = WhisperFeatureExtractor(feature_size=80, chunk_length=1)
    processor: Any = WhisperProcessor(ears, _whisper_words(core, marks))
    processor.save_pretrained(folder)
    return folder


def _whisper_words(core: Any, marks: list[str]) -> Any:
    import json

    from transformers import WhisperTokenizer

    value = json.loads(core.backend_tokenizer.to_str())
    merges = [tuple(merge) for merge in value["model"]["merges"]]
    made: Any = WhisperTokenizer(vocab=core.get_vocab(), merges=merges, unk_token="<|endoftext|>")
    made.add_tokens(marks, special_tokens=True)
    return made


FAMILIES: dict[str, Callable[[Path], Path]] = {
    "qwen2": save_qwen2,
    "mistral": save_mistral,
    "gemma": save_gemma,
    "gpt2": save_gpt2,
    "t5": save_t5,
    "qwen2_audio": save_qwen2_audio,
    "qwen2_5_vl": save_qwen2_5_vl,
    "qwen3_vl": save_qwen3_vl,
    "idefics3": save_idefics3,
    "paligemma": save_paligemma,
    "whisper": save_whisper,
}
