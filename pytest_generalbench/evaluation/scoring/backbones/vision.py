"""Image and video backbones: saved Transformers models, each with the interface of its role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.evaluation.scoring.backbones import BackboneError
from pytest_generalbench.metrics.backbone_interfaces import Features, Found, Pixels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BATCH: Final = 32
"""Pictures that go through a network at once."""

_THRESHOLD: Final = 0.1
"""Of a detector: what transformers' own post-processing takes when nothing else is said."""

_HEADS: Final = ("head.safetensors", "sa_0_4_vit_l_14_linear.pth", "head.pth")


def float_rows(given: Any) -> Features:
    """Return a network's vectors, (n, d), out of a tensor or an output object."""
    rows: Features = getattr(given, "pooler_output", given).detach().double().cpu().numpy()
    return rows


def unit_rows(given: Any) -> Features:
    """Return `float_rows` brought to length 1."""
    rows = float_rows(given)
    lengths: Features = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths == 0, 1.0, lengths)


def parts(items: Sequence[Any], size: int = BATCH) -> Iterator[Sequence[Any]]:
    """Yield `items` in parts of `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def frames_of(video: Pixels, count: int) -> list[Pixels]:
    """Return `count` frames, the middle ones of as many equal intervals; a short video repeats frames."""
    places = ((np.arange(count) + 0.5) * len(video) / count).astype(int)
    return [video[place] for place in places]


class _Network:
    """A saved model with its processor, called without gradients."""

    def __init__(self, factory: str, path: Path, device: str, *, texts: bool = False) -> None:
        import transformers

        local: dict[str, Any] = {"local_files_only": True}
        self.model = getattr(transformers, factory).from_pretrained(str(path), **local).eval().to(device)
        self.look: Any = transformers.AutoImageProcessor.from_pretrained(str(path), **local)
        self.words: Any = transformers.AutoTokenizer.from_pretrained(str(path), **local) if texts else None
        self._device = device

    def seen(self, pictures: Sequence[Pixels]) -> Any:
        """Return the network's input of pictures, (n, 3, height, width)."""
        return self.look(images=list(pictures), return_tensors="pt")["pixel_values"].to(self._device)

    def read(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return the network's input of texts, cut to its length."""
        config = getattr(self.model.config, "text_config", self.model.config)
        length = getattr(config, "max_position_embeddings", None)
        given = self.words(
            list(texts), padding=True, truncation=True, max_length=length, return_tensors="pt"
        ).to(self._device)
        return {key: given[key] for key in ("input_ids", "attention_mask") if key in given}

    def run(self, function: Any, **given: Any) -> Any:
        """Call without gradients."""
        import torch

        with torch.inference_mode():
            return function(**given)


class _PictureText(_Network):
    """CLIP and similar networks; used as a video-text network, a video is the mean of its frames."""

    def pictures(self, pictures: Sequence[Pixels]) -> Features:
        outputs = [
            unit_rows(self.run(self.model.get_image_features, pixel_values=self.seen(part)))
            for part in parts(pictures)
        ]
        return np.concatenate(outputs)

    def texts(self, texts: Sequence[str]) -> Features:
        return unit_rows(self.run(self.model.get_text_features, **self.read(texts)))

    def videos(self, videos: Sequence[Pixels]) -> Features:
        means = np.stack([self.pictures(frames_of(video, 8)).mean(axis=0) for video in videos])
        lengths: Features = np.linalg.norm(means, axis=1, keepdims=True)
        return means / lengths


def picture_text(path: Path, device: str) -> _PictureText:
    """Load `clip`."""
    network = _PictureText("AutoModel", path, device, texts=True)
    if not hasattr(network.model, "get_image_features") or not hasattr(network.model, "get_text_features"):
        raise BackboneError(f"{path.name}: a {type(network.model).__name__} does not put pictures and texts "
                            "into one space, as CLIP does")  # fmt: skip
    return network


class _PictureFeatures(_Network):
    def pictures(self, pictures: Sequence[Pixels]) -> Features:
        outputs = []
        for part in parts(pictures):
            given = self.run(self.model, pixel_values=self.seen(part))
            hidden = given.last_hidden_state
            # Transformers have a first token for the whole picture, convolutional networks a pooled map.
            pooled = hidden[:, 0] if hidden.ndim == 3 else hidden.mean(dim=(2, 3))
            outputs.append(float_rows(pooled))
        return np.concatenate(outputs)


def picture_features(path: Path, device: str) -> _PictureFeatures:
    """Load `dino`, or another network for FID."""
    return _PictureFeatures("AutoModel", path, device)


class _Aesthetic(_PictureText):
    """A linear head over CLIP's picture vector of length 1."""

    weight: Features
    bias: float

    def scores(self, pictures: Sequence[Pixels]) -> Features:
        outputs: Features = self.pictures(pictures) @ self.weight + self.bias
        return outputs


def aesthetic(path: Path, device: str) -> _Aesthetic:
    """Load `aesthetic`: a CLIP model with its linear head beside it."""
    import torch
    from safetensors.torch import load_file

    file = next((path / name for name in _HEADS if (path / name).is_file()), None)
    if file is None:
        raise BackboneError(f"{path.name}: no linear head in it ({' or '.join(_HEADS)})")
    head = (
        load_file(file)
        if file.suffix == ".safetensors"
        else torch.load(file, weights_only=True, map_location="cpu")
    )
    network = _Aesthetic("AutoModel", path, device, texts=True)
    network.weight = head["weight"].double().numpy().reshape(-1)
    network.bias = float(head["bias"].reshape(-1)[0])
    return network


def _names(config: Any) -> tuple[str, ...]:
    return tuple(str(config.id2label[number]) for number in range(len(config.id2label)))


class _PictureClasses(_Network):
    @property
    def classes(self) -> tuple[str, ...]:
        return _names(self.model.config)

    def probabilities(self, pictures: Sequence[Pixels]) -> Features:
        outputs = [
            float_rows(self.run(self.model, pixel_values=self.seen(part)).logits.softmax(dim=1))
            for part in parts(pictures)
        ]
        return np.concatenate(outputs)


def picture_classes(path: Path, device: str) -> _PictureClasses:
    """Load `image_classes`."""
    return _PictureClasses("AutoModelForImageClassification", path, device)


class _Detector(_Network):
    def find(self, picture: Pixels, labels: Sequence[str]) -> tuple[Found, ...]:
        import torch

        height, width = picture.shape[:2]
        outputs = self.run(
            self.model,
            **self.read([f"a photo of {label}" for label in labels]),
            pixel_values=self.seen([picture]),
        )
        size = torch.tensor([[height, width]], device=self._device)
        (boxes,) = self.look.post_process_object_detection(outputs, threshold=_THRESHOLD, target_sizes=size)
        result = [
            Found(labels[int(label)], float(score), (float(x0), float(y0), float(x1), float(y1)))
            for label, score, (x0, y0, x1, y1) in zip(
                boxes["labels"], boxes["scores"], boxes["boxes"], strict=True
            )
        ]
        return tuple(sorted(result, key=lambda one: -one.score))


def detector(path: Path, device: str) -> _Detector:
    """Load `detector`."""
    return _Detector("AutoModelForZeroShotObjectDetection", path, device, texts=True)


class _Videos(_Network):
    def clip(self, video: Pixels) -> Any:
        """Return the network's input of one video, (1, frames, 3, height, width)."""
        config = self.model.config
        count = int(getattr(config, "num_frames", None) or config.vision_config.num_frames)
        given = self.seen(frames_of(video, count))
        return given if given.ndim == 5 else given[None]


class _VideoFeatures(_Videos):
    def videos(self, videos: Sequence[Pixels]) -> Features:
        outputs = [
            float_rows(self.run(self.model, pixel_values=self.clip(video)).last_hidden_state.mean(dim=1))
            for video in videos
        ]
        return np.concatenate(outputs)


def video_features(path: Path, device: str) -> _VideoFeatures:
    """Load `video_features`: the mean of a video transformer's last hidden state."""
    return _VideoFeatures("AutoModel", path, device)


class _VideoText(_Videos):
    def videos(self, videos: Sequence[Pixels]) -> Features:
        outputs = [
            unit_rows(self.run(self.model.get_video_features, pixel_values=self.clip(video)))
            for video in videos
        ]
        return np.concatenate(outputs)

    def texts(self, texts: Sequence[str]) -> Features:
        return unit_rows(self.run(self.model.get_text_features, **self.read(texts)))


def video_text(path: Path, device: str) -> _VideoText | _PictureText:
    """Load `video_text`: X-CLIP, or CLIP, which then stands in with the mean over frames."""
    network = _VideoText("AutoModel", path, device, texts=True)
    if hasattr(network.model, "get_video_features"):
        return network
    return picture_text(path, device)


class _VideoClasses(_Videos):
    @property
    def classes(self) -> tuple[str, ...]:
        return _names(self.model.config)

    def probabilities(self, videos: Sequence[Pixels]) -> Features:
        outputs = [
            float_rows(self.run(self.model, pixel_values=self.clip(video)).logits.sigmoid())
            for video in videos
        ]
        return np.concatenate(outputs)


def video_classes(path: Path, device: str) -> _VideoClasses:
    """Load `action`."""
    return _VideoClasses("AutoModelForVideoClassification", path, device)
