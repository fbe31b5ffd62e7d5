"""Tiny random models, made offline in a second: the real loading code runs on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SPECIAL = ["<pad>", "<eos>", "<image>"]
WORDS = ["Which is it? Answer with the letter of the option.", "A B C D", "yes no", "one two three"]

CHAT = (
    "{% for message in messages %}{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}{{ '\n' }}{% endfor %}"
)


def tokenizer(
    chat: bool = True, extra: dict[str, str] | None = None, special: Sequence[str] = SPECIAL
) -> Any:
    """Return a byte-level BPE tokenizer of some 300 tokens; `extra` are special tokens by name."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    named = extra or {}
    tokens = [*special, *sorted(set(named.values()) - set(special))]
    trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, special_tokens=tokens)
    core.train_from_iterator(WORDS, trainer)
    more: dict[str, Any] = {"extra_special_tokens": named} if named else {}
    made = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<eos>", pad_token="<pad>", **more)
    if chat:
        made.chat_template = CHAT
    return made


def _text_config(size: int, context: int) -> Any:
    from transformers import LlamaConfig

    return LlamaConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=size,
        max_position_embeddings=context,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=1,
    )


def save_text_model(folder: Path, *, chat: bool = True, context: int = 4096) -> Path:
    """Save a random causal language model with its tokenizer, and return its folder."""
    import torch
    from transformers import LlamaForCausalLM

    torch.manual_seed(0)
    words = tokenizer(chat)
    LlamaForCausalLM(_text_config(len(words), context)).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def save_image_text_model(folder: Path) -> Path:
    """Save a random LLaVA with its processor, and return its folder."""
    import torch
    from transformers import (
        CLIPVisionConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    torch.manual_seed(0)
    words = tokenizer()
    vision = CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=28,
        patch_size=14,
        projection_dim=32,
    )
    config = LlavaConfig(
        vision_config=vision,
        text_config=_text_config(len(words), 4096),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        vision_feature_select_strategy="default",
        vision_feature_layer=-1,
    )
    images = CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    processor = LlavaProcessor(
        image_processor=images,
        tokenizer=words,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        image_token="<image>",
        chat_template=CHAT,
    )
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def save_janus(folder: Path) -> Path:
    """Save a random Janus, which gives text and pictures of 12 x 12, and return its folder."""
    import torch
    from transformers import GenerationConfig, JanusConfig, JanusForConditionalGeneration, JanusProcessor
    from transformers.models.janus.image_processing_pil_janus import JanusImageProcessorPil

    torch.manual_seed(0)
    words = tokenizer(extra={"image_token": "<image>", "boi_token": "<boi>", "eoi_token": "<eoi>"})
    config = JanusConfig(
        text_config=_text_config(len(words), 4096).to_dict(),
        vision_config={
            "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 48,
            "patch_size": 8, "projection_dim": 32, "num_image_tokens": 36, "depth": 2, "mlp_ratio": 2,
        },
        vq_config={
            "embed_dim": 8, "num_embeddings": 64, "latent_channels": 16, "base_channels": 32,
            "channel_multiplier": (1, 1), "num_res_blocks": 1, "num_patches": 4, "projection_dim": 32,
            "image_token_embed_dim": 32, "num_hidden_layers": 2,
        },
        image_token_id=words.convert_tokens_to_ids("<image>"),
    )  # fmt: skip
    model = JanusForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        generation_kwargs={"boi_token_id": words.convert_tokens_to_ids("<boi>")},
        guidance_scale=5.0, pad_token_id=0, eos_token_id=1, bos_token_id=1,
    )  # fmt: skip
    model.save_pretrained(folder)
    JanusProcessor(
        JanusImageProcessorPil(size={"height": 48, "width": 48}),
        words,
        chat_template=CHAT,
        num_image_tokens=36,
    ).save_pretrained(folder)
    return folder


def save_musicgen(folder: Path) -> Path:
    """Save a random MusicGen, and return its folder."""
    import torch
    from transformers import (
        EncodecConfig,
        EncodecFeatureExtractor,
        MusicgenConfig,
        MusicgenDecoderConfig,
        MusicgenForConditionalGeneration,
        MusicgenProcessor,
        T5Config,
    )

    torch.manual_seed(0)
    words = tokenizer()
    text = T5Config(vocab_size=len(words), d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    sound = EncodecConfig(
        num_filters=4, codebook_size=32, codebook_dim=16, hidden_size=16, target_bandwidths=[20.0],
        sampling_rate=16000, upsampling_ratios=[8, 5, 4, 2], num_lstm_layers=1,
    )  # fmt: skip
    decoder = MusicgenDecoderConfig(
        vocab_size=32, hidden_size=16, ffn_dim=32, num_hidden_layers=1, num_attention_heads=2,
        num_codebooks=4, max_position_embeddings=600, pad_token_id=32, bos_token_id=32,
    )  # fmt: skip
    config = MusicgenConfig(
        text_encoder=text.to_dict(), audio_encoder=sound.to_dict(), decoder=decoder.to_dict()
    )
    model: Any = MusicgenForConditionalGeneration(config)
    for layer in model.audio_encoder.quantizer.layers:
        torch.nn.init.normal_(layer.codebook.embed)  # zeros otherwise, and all sounds the same
    model.generation_config.decoder_start_token_id = 32
    model.generation_config.pad_token_id = 32
    model.save_pretrained(folder)
    MusicgenProcessor(EncodecFeatureExtractor(sampling_rate=16000), words).save_pretrained(folder)
    return folder


def save_vits(folder: Path) -> Path:
    """Save a random VITS that speaks small letters, and return its folder."""
    import json

    import torch
    from transformers import VitsConfig, VitsModel, VitsTokenizer

    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    letters = ["_", " ", *"abcdefghijklmnopqrstuvwxyz'", "<unk>"]
    (folder / "vocab.json").write_text(json.dumps({one: number for number, one in enumerate(letters)}))
    config = VitsConfig(
        vocab_size=len(letters), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, ffn_dim=16,
        window_size=4, flow_size=16, spectrogram_bins=9, prior_encoder_num_flows=1,
        prior_encoder_num_wavenet_layers=1, posterior_encoder_num_wavenet_layers=1, wavenet_dilation_rate=1,
        duration_predictor_num_flows=1, duration_predictor_flow_bins=4, depth_separable_num_layers=1,
        upsample_initial_channel=16, upsample_rates=[4, 4], upsample_kernel_sizes=[8, 8],
        resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1]], sampling_rate=8000,
    )  # fmt: skip
    VitsModel(config).save_pretrained(folder)
    VitsTokenizer(
        str(folder / "vocab.json"), phonemize=False, is_uroman=False, unk_token="<unk>", pad_token="_"
    ).save_pretrained(folder)
    return folder


def save_speecht5(folder: Path) -> Path:
    """Save a random SpeechT5 with its vocoder inside, and return its folder."""
    import torch
    from transformers import (
        SpeechT5Config,
        SpeechT5ForTextToSpeech,
        SpeechT5HifiGan,
        SpeechT5HifiGanConfig,
    )

    torch.manual_seed(0)
    config = SpeechT5Config(
        vocab_size=300, hidden_size=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, num_mel_bins=20,
        speech_decoder_prenet_units=16, speech_decoder_postnet_units=16, speaker_embedding_dim=8,
        max_text_positions=600,
    )  # fmt: skip
    SpeechT5ForTextToSpeech(config).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    SpeechT5HifiGan(
        SpeechT5HifiGanConfig(
            model_in_dim=20,
            upsample_initial_channel=8,
            upsample_rates=[4, 4],
            sampling_rate=16000,
            upsample_kernel_sizes=[8, 8],
            resblock_kernel_sizes=[3],
            resblock_dilation_sizes=[[1]],
        )
    ).save_pretrained(folder / "vocoder")
    return folder


def _unet_parts() -> dict[str, Any]:
    """Return the parts that tiny Stable Diffusion and tiny text-to-video share."""
    import diffusers
    import torch
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    words = tokenizer()
    words.model_max_length = 40
    text = CLIPTextConfig(
        hidden_size=32, intermediate_size=37, num_attention_heads=4, num_hidden_layers=2,
        vocab_size=len(words), max_position_embeddings=40, bos_token_id=0, eos_token_id=1,
    )  # fmt: skip
    untyped: Any = diffusers
    vae = untyped.AutoencoderKL(
        block_out_channels=[8, 16], norm_num_groups=8, down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2, latent_channels=4, sample_size=16,
    )  # fmt: skip
    return {
        "vae": vae, "text_encoder": CLIPTextModel(text), "tokenizer": words,
        "scheduler": untyped.DDIMScheduler(clip_sample=False, set_alpha_to_one=False),
    }  # fmt: skip


def save_stable_diffusion(folder: Path) -> Path:
    """Save a random Stable Diffusion that draws 16 x 16, and return its folder."""
    import diffusers

    parts = _unet_parts()
    untyped: Any = diffusers
    unet = untyped.UNet2DConditionModel(
        block_out_channels=(8, 16), norm_num_groups=8, layers_per_block=1, sample_size=8, in_channels=4,
        out_channels=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), cross_attention_dim=32,
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), attention_head_dim=4,
    )  # fmt: skip
    untyped.StableDiffusionPipeline(
        **parts, unet=unet, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    ).save_pretrained(folder)
    return folder


def save_text_to_video(folder: Path) -> Path:
    """Save a random text-to-video pipeline, and return its folder."""
    import diffusers

    parts = _unet_parts()
    untyped: Any = diffusers
    unet = untyped.UNet3DConditionModel(
        block_out_channels=(8, 16), norm_num_groups=8, layers_per_block=1, sample_size=8, in_channels=4,
        out_channels=4, down_block_types=("CrossAttnDownBlock3D", "DownBlock3D"), cross_attention_dim=32,
        up_block_types=("UpBlock3D", "CrossAttnUpBlock3D"), attention_head_dim=4,
    )  # fmt: skip
    untyped.TextToVideoSDPipeline(**parts, unet=unet).save_pretrained(folder)
    return folder
