"""The networks that fit each role, and the inputs and outputs that a module must have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Role:
    """What a role of a metric network needs."""

    what: str
    """The network, in a few words."""
    repository: str | None = None
    """A public repository on the Hugging Face hub whose weights fit; None: a file is needed."""
    module: str | None = None
    """What a TorchScript or torch.export file of this role takes and gives; None: no file is taken."""
    extra: str | None = None
    """The extra that brings the weights along."""
    stand_in: str | None = None
    """A role whose weights do in this one's place when its own are absent; the identity says so."""


ROLE_SPECS: Final[dict[str, Role]] = {
    "clip": Role("CLIP (pictures and texts)", "openai/clip-vit-base-patch32"),
    "dino": Role("DINO or DINOv2 (features of pictures)", "facebook/dino-vitb16"),
    "inception": Role(
        "InceptionV3 (features for FID)",
        module="uint8 (n, 3, height, width) of any size -> features (n, d); the TorchScript file "
        "inception-2015-12-05.pt of StyleGAN2-ADA fits",
    ),
    "musiq": Role(
        "MUSIQ trained on KonIQ (picture quality)",
        module="float 0..1 (1, 3, height, width) -> score 0..100, (1,)",
    ),
    "musiq_spaq": Role(
        "MUSIQ trained on SPAQ (picture quality)",
        module="float 0..1 (1, 3, height, width) -> score 0..100, (1,)",
    ),
    "aesthetic": Role(
        "CLIP ViT-L/14 with LAION's linear head: a folder with the CLIP model and head.safetensors or "
        "sa_0_4_vit_l_14_linear.pth",
    ),
    "image_classes": Role("an ImageNet classifier", "google/vit-base-patch16-224"),
    "detector": Role("OWL-ViT or OWLv2 (finds what words name)", "google/owlvit-base-patch32"),
    "video_features": Role(
        "I3D or another video network (features for FVD); a VideoMAE folder is taken as well",
        module="float 0..255 (n, 3, frames, height, width) of any size -> features (n, d); the TorchScript "
        "file i3d_torchscript.pt of StyleGAN-V fits",
    ),
    "video_text": Role(
        "ViCLIP's role: a video-text network such as X-CLIP",
        "microsoft/xclip-base-patch32",
        stand_in="clip",
    ),
    "action": Role("a Kinetics classifier of videos", "MCG-NJU/videomae-base-finetuned-kinetics"),
    "flow": Role(
        "RAFT or another optical flow network",
        module="two float 0..255 (1, 3, height, width) -> flow (1, 2, height, width), right and down in "
        "pixels; of a list the last counts",
    ),
    "interpolator": Role(
        "AMT or another frame interpolation network",
        module="two float 0..1 (1, 3, height, width) -> the frame between, the same shape",
    ),
    "clap": Role("CLAP (sounds and texts)", "laion/clap-htsat-unfused"),
    "asr": Role("Whisper or another speech recogniser", "openai/whisper-large-v3-turbo"),
    "motion": Role(
        "the motion encoder of a text-to-motion evaluator (features for FID)",
        module="float (1, frames, values) -> features (1, d)",
    ),
    "mos": Role("DNSMOS (predicted opinion score of speech)", extra="mos"),
}
