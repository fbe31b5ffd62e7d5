"""Classical methods of image processing in a few lines of numpy, without learning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Picture = NDArray[np.float64]


def neighbours(picture: NDArray[Any], reach: int = 1) -> Picture:
    """Return (n, height, width, ...) of the pixel and those around it, edges repeated."""
    height, width = picture.shape[:2]
    wide = np.pad(
        picture.astype(np.float64),
        [(reach, reach), (reach, reach), *[(0, 0)] * (picture.ndim - 2)],
        mode="edge",
    )
    size = range(2 * reach + 1)
    return np.stack([wide[down : down + height, right : right + width] for down in size for right in size])


def as_picture(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return values as a picture of 8 bits."""
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def median(picture: NDArray[Any]) -> Picture:
    """Median over three by three pixels."""
    return np.asarray(np.median(neighbours(picture), axis=0))


def box_mean(picture: NDArray[Any], reach: int = 1) -> Picture:
    """Mean over the pixels up to `reach` away."""
    return np.asarray(neighbours(picture, reach).mean(axis=0))


def sharpened(picture: NDArray[Any]) -> Picture:
    """Unsharp masking."""
    return 2 * picture.astype(np.float64) - box_mean(picture)


def stretched(picture: NDArray[Any]) -> Picture:
    """Spread the values over the whole range."""
    low, high = float(picture.min()), float(picture.max())
    return (picture.astype(np.float64) - low) * (250 / max(1.0, high - low))


def grey_world(picture: NDArray[Any]) -> Picture:
    """Give every channel the same mean, that of middle grey."""
    return np.asarray(picture * (128 / picture.reshape(-1, 3).mean(axis=0)))


def without_bright_spots(picture: NDArray[Any]) -> Picture:
    """Put the median of dark neighbours where all channels are far above it."""
    near = neighbours(picture, 2)
    dark = np.quantile(near, 0.3, axis=0)
    return np.where((picture - dark).min(axis=2, keepdims=True) > 25, dark, picture)


def filled(picture: NDArray[Any], hole: NDArray[np.bool_]) -> Picture:
    """Fill a hole with the mean of what lies around it, from its edge inwards."""
    made, left = picture.astype(np.float64), hole.copy()
    while left.any():
        known = neighbours(~left)[..., None]
        count = known.sum(axis=0)
        means = (neighbours(made) * known).sum(axis=0) / np.maximum(count, 1)
        edge = left & (count[..., 0] > 0)
        made[edge] = means[edge]
        left &= ~edge
    return made


def unshaded(picture: NDArray[Any]) -> Picture:
    """Brighten the darker side of the slanting edge where the brightness differs most from side to side."""
    light = picture.mean(axis=2)
    slant = np.add.outer(np.arange(light.shape[0]), np.arange(light.shape[1]))
    cuts = range(16, int(slant.max()) - 16)
    ratios = [light[slant >= cut].mean() / light[slant < cut].mean() for cut in cuts]
    cut = cuts[int(np.argmax(ratios))]
    return np.where((slant < cut)[..., None], picture * max(ratios), picture)


def straightened(picture: NDArray[Any]) -> Picture:
    """Shift every row to where it is most like the one above it."""
    rows = [picture[0].astype(np.float64)]
    for row in picture[1:].astype(np.float64):
        shifts = [np.roll(row, shift, axis=0) for shift in range(-7, 8)]
        rows.append(min(shifts, key=lambda moved: float(np.abs(moved - rows[-1]).sum())))
    return np.stack(rows)


def without_glare(picture: NDArray[Any]) -> Picture:
    """Fill the bright disc from its surroundings."""
    light = box_mean(picture.min(axis=2)[..., None].astype(np.float64), 2)[..., 0]
    return filled(picture, light > 170)


def distance_from_ground(picture: NDArray[Any]) -> Picture:
    """Return how far each pixel's colour is from the median of the picture's edge."""
    pixels = box_mean(picture)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return np.asarray(np.abs(pixels - np.median(edge, axis=0)).max(axis=2))


def thing(picture: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where the colour is another than that of the ground."""
    return np.asarray(distance_from_ground(picture) > 55)


def soft_matte(picture: NDArray[Any]) -> NDArray[np.float32]:
    """Return how far each pixel is on the way from the ground's colour to the thing's, 0..1."""
    ground = np.median(picture[~thing(picture)], axis=0)
    front = np.median(
        picture[distance_from_ground(picture) > 0.9 * distance_from_ground(picture).max()], axis=0
    )
    way = front - ground
    return np.asarray(np.clip((picture - ground) @ way / (way @ way), 0, 1), np.float32)


def components(mask: NDArray[np.bool_], least: int = 12) -> list[NDArray[np.bool_]]:
    """Return the connected parts of a mask, larger than `least` pixels."""
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        most = np.where(mask, neighbours(labels).max(axis=0), 0).astype(labels.dtype)
        if (most == labels).all():
            break
        labels = most
    parts = [labels == label for label in np.unique(labels[mask])]
    return [part for part in parts if part.sum() > least]


def box_of(mask: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Return x, y, width, height of what is set."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        float(columns[0]), float(rows[0]),
        float(columns[-1] - columns[0] + 1), float(rows[-1] - rows[0] + 1),
    )  # fmt: skip


def nearest_colour(picture: NDArray[Any], colours: NDArray[Any]) -> NDArray[np.int64]:
    """Return for each pixel the place of the colour in `colours` that is nearest."""
    away = np.abs(picture[:, :, None].astype(np.float64) - colours[None, None]).sum(axis=3)
    return np.asarray(away.argmin(axis=2))


def matched(template: NDArray[Any], picture: NDArray[Any]) -> tuple[int, int]:
    """Return x and y where the normalised cross-correlation with the template is highest."""
    height, width = template.shape[:2]
    wanted = template.astype(np.float64) - template.mean()
    best, place = -2.0, (0, 0)
    for y in range(picture.shape[0] - height + 1):
        for x in range(picture.shape[1] - width + 1):
            part = picture[y : y + height, x : x + width].astype(np.float64)
            part = part - part.mean()
            scale = np.sqrt((part**2).sum() * (wanted**2).sum())
            value = float((part * wanted).sum() / scale) if scale else -1.0
            if value > best:
                best, place = value, (x, y)
    return place


def block_flow(
    first: NDArray[Any], second: NDArray[Any], reach: int = 6, block: int = 2
) -> NDArray[np.float32]:
    """Return the flow (height, width, 2) by matching small blocks; x to the right, y down."""
    one, two = first.astype(np.float64), second.astype(np.float64)
    costs, ways = [], []
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            moved = np.roll(two, (-down, -right), (0, 1))
            error = np.abs(moved - one)
            error = error.sum(axis=2) if error.ndim == 3 else error
            # What would come from outside the picture is no match; among equals the shorter way counts.
            y, x = np.ogrid[: one.shape[0], : one.shape[1]]
            inside = (
                (y + down >= 0) & (y + down < one.shape[0]) & (x + right >= 0) & (x + right < one.shape[1])
            )
            costs.append(box_mean(np.where(inside, error, 60.0), block) + 0.01 * (right**2 + down**2))
            ways.append((right, down))
    return np.asarray(np.array(ways, np.float32)[np.argmin(costs, axis=0)])


def framewise(change: Callable[[NDArray[Any]], NDArray[Any]]) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Return the method for every frame of (frames, height, width, 3)."""
    return lambda frames: np.stack([change(frame) for frame in frames])
