"""Modules that TorchScript takes: apart, because it reads their source."""

import torch


class Pictures(torch.nn.Module):
    """Mean and deviation of each colour, as uint8 pictures have them."""

    def forward(self, images: torch.Tensor, return_features: bool = False) -> torch.Tensor:
        assert images.dtype == torch.uint8
        assert return_features
        given = images.float().flatten(2)
        return torch.cat([given.mean(2), given.std(2)], 1)


class Score(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return 100 * images.mean((1, 2, 3))


class Videos(torch.nn.Module):
    def forward(self, videos: torch.Tensor, rescale: bool = False, resize: bool = False) -> torch.Tensor:
        assert rescale
        assert resize
        return videos.mean((3, 4)).flatten(1)[:, :6]


class Flow(torch.nn.Module):
    def forward(self, first: torch.Tensor, second: torch.Tensor) -> list[torch.Tensor]:
        flow = (second - first)[:, :2]
        return [flow * 0, flow]


class Between(torch.nn.Module):
    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        return (first + second) / 2


class Motions(torch.nn.Module):
    def forward(self, motions: torch.Tensor) -> torch.Tensor:
        return motions.mean(1)


MODULES = {
    "inception": Pictures, "musiq": Score, "musiq_spaq": Score, "video_features": Videos, "flow": Flow,
    "interpolator": Between, "motion": Motions,
}  # fmt: skip
