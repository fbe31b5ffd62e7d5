"""Tiny random weights of every role, made offline: the real loading code runs on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.models.tiny import tokenizer

if TYPE_CHECKING:
    from pathlib import Path

SMALL: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
}  # fmt: skip
TEXT = {**SMALL, "vocab_size": 300, "max_position_embeddings": 40, "bos_token_id": 0, "eos_token_id": 1}
LOOK = {**SMALL, "image_size": 28, "patch_size": 14}
LABELS = {number: f"class {number}" for number in range(60)}
EYES: dict[str, Any] = {"size": {"height": 28, "width": 28}}


def _looker(**changes: Any) -> Any:
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    return CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}, **changes)


def _save(folder: Path, *things: Any) -> Path:
    for thing in things:
        thing.save_pretrained(folder)
    return folder


def save_clip(folder: Path) -> Path:
    import torch
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    config = CLIPConfig(text_config=TEXT, vision_config=LOOK, projection_dim=16)
    return _save(folder, CLIPModel(config), _looker(), tokenizer())


def save_aesthetic(folder: Path) -> Path:
    import torch
    from safetensors.torch import save_file

    save_clip(folder)
    save_file({"weight": torch.ones(1, 16) / 4, "bias": torch.tensor([5.0])}, folder / "head.safetensors")
    return folder


def save_dino(folder: Path) -> Path:
    import torch
    from transformers import ViTConfig, ViTModel
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    torch.manual_seed(1)
    return _save(folder, ViTModel(ViTConfig(**LOOK)), ViTImageProcessorPil(**EYES))


def save_image_classes(folder: Path) -> Path:
    import torch
    from transformers import ViTConfig, ViTForImageClassification
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    torch.manual_seed(2)
    config = ViTConfig(**LOOK, id2label=LABELS)
    return _save(folder, ViTForImageClassification(config), ViTImageProcessorPil(**EYES))


def save_detector(folder: Path) -> Path:
    import torch
    from transformers import OwlViTConfig, OwlViTForObjectDetection, OwlViTImageProcessorPil

    torch.manual_seed(3)
    vision = {**SMALL, "image_size": 32, "patch_size": 8}
    config = OwlViTConfig(text_config=TEXT, vision_config=vision, projection_dim=32)
    eyes = OwlViTImageProcessorPil(size={"height": 32, "width": 32})
    return _save(folder, OwlViTForObjectDetection(config), eyes, tokenizer())


def _videomae() -> Any:
    from transformers import VideoMAEConfig

    return VideoMAEConfig(**SMALL, image_size=16, patch_size=8, num_frames=4, id2label=LABELS)


def _video_eyes() -> Any:
    from transformers import VideoMAEImageProcessorPil

    return VideoMAEImageProcessorPil(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16})


def save_videomae(folder: Path) -> Path:
    import torch
    from transformers import VideoMAEModel

    torch.manual_seed(4)
    return _save(folder, VideoMAEModel(_videomae()), _video_eyes())


def save_action(folder: Path) -> Path:
    import torch
    from transformers import VideoMAEForVideoClassification

    torch.manual_seed(5)
    return _save(folder, VideoMAEForVideoClassification(_videomae()), _video_eyes())


def save_xclip(folder: Path) -> Path:
    import torch
    from transformers import VideoMAEImageProcessorPil, XCLIPConfig, XCLIPModel

    torch.manual_seed(6)
    vision = {
        **LOOK, "num_frames": 4, "mit_hidden_size": 32, "mit_intermediate_size": 64,
        "mit_num_hidden_layers": 1, "mit_num_attention_heads": 4,
    }  # fmt: skip
    config = XCLIPConfig(text_config=TEXT, vision_config=vision, projection_dim=32)
    eyes = VideoMAEImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    return _save(folder, XCLIPModel(config), eyes, tokenizer())


def save_clap(folder: Path) -> Path:
    import torch
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    torch.manual_seed(7)
    audio = {
        "spec_size": 128, "num_mel_bins": 64, "patch_size": 4, "patch_stride": [4, 4], "depths": [1, 1],
        "num_attention_heads": [2, 2], "patch_embeds_hidden_size": 16, "hidden_size": 32, "window_size": 8,
        "projection_dim": 16,
    }  # fmt: skip
    text = {**SMALL, "vocab_size": 300, "max_position_embeddings": 80, "projection_dim": 16}
    config = ClapConfig(text_config=text, audio_config=audio, projection_dim=16)
    hear = ClapFeatureExtractor(
        feature_size=64, sampling_rate=48000, max_length_s=1, truncation="rand_trunc", padding="repeatpad"
    )
    return _save(folder, ClapModel(config), hear, tokenizer())


def save_whisper(folder: Path) -> Path:
    import torch
    from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

    torch.manual_seed(8)
    config = WhisperConfig(
        vocab_size=300, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, num_mel_bins=80,
        max_source_positions=50, max_target_positions=24, decoder_start_token_id=1, pad_token_id=0,
        bos_token_id=1, eos_token_id=1, begin_suppress_tokens=None, suppress_tokens=None,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config)
    model.generation_config.max_new_tokens = 8
    return _save(folder, model, WhisperFeatureExtractor(feature_size=80, chunk_length=1), tokenizer())


def save_ctc(folder: Path) -> Path:
    import json

    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

    torch.manual_seed(9)
    folder.mkdir(parents=True, exist_ok=True)
    letters = ["<pad>", "<unk>", "|", *"abcdefgh"]
    (folder / "vocab.json").write_text(json.dumps({one: number for number, one in enumerate(letters)}))
    config = Wav2Vec2Config(
        vocab_size=len(letters), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, conv_dim=(8, 8), conv_stride=(5, 4), conv_kernel=(10, 8),
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, pad_token_id=0,
    )  # fmt: skip
    words = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"), pad_token="<pad>", unk_token="<unk>")
    return _save(folder, Wav2Vec2ForCTC(config), Wav2Vec2FeatureExtractor(), words)


SAVED = {
    "clip": save_clip, "dino": save_dino, "aesthetic": save_aesthetic, "image_classes": save_image_classes,
    "detector": save_detector, "video_features": save_videomae, "video_text": save_xclip,
    "action": save_action, "clap": save_clap, "asr": save_whisper,
}  # fmt: skip


def save_module(role: str, folder: Path) -> Path:
    """Save a TorchScript module of the role, and return its file."""
    import torch

    from tests.evaluation.backbones import scripted

    path = folder / f"{role}.pt"
    torch.jit.script(scripted.MODULES[role]()).save(str(path))
    return path
