"""Location of media files that an annotation names, never outside the data folder.

Paths in annotations come bare, with the media folder's name, with the prefix of somebody's
machine, or with backslashes. They are tried as given, then with leading parts dropped,
then by base name in the task's folder. What a stranger's file cannot do is reach out:
absolute paths, `..` and links that leave the data folder are refused.
"""

from __future__ import annotations

import os
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.suite.data.read.folder_listings import FolderListings

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIA_FOLDERS: Final = (
    "images", "image", "img", "imgs", "videos", "video", "audios", "audio", "sounds", "pointclouds",
    "pointcloud", "point_clouds", "points", "motions", "motion", "frames", "source_images", "sketch", "media",
    "input", "inputs", "source", "sources", "sketches", "edges", "layouts", "styles", "eeg", "signals",
)  # fmt: skip
"""Folders that hold what a model may see, in the order they are tried."""

REFERENCE_FOLDERS: Final = frozenset({
    "mask", "masks", "seg", "segs", "segmentation", "label", "labels", "gt", "groundtruth", "ann",
    "annotation", "annotations", "target_image", "target_images", "target_video", "target_videos",
    "gt_videos", "ground_truth", "depth", "depths", "flow", "flows", "json",
    "pose", "poses", "normal", "normals", "boxes", "tracks", "part_labels", "instance_labels", "target",
    "targets", "gt_image", "gt_images", "output", "outputs", "output_images", "edited_images", "alpha",
    "alphas", "matte", "mattes",
})  # fmt: skip
"""Folders that hold references: a lost input is never replaced by the answer of the same name."""

_MADE: Final = ("target", "output", "edited", "gt", "ground")


def _rank(folder: str) -> tuple[int, str]:
    """Rank the folders of references: in generation tasks, masks and depth may be inputs."""
    if folder in ("depth", "depths"):
        return (2, folder)
    return (0 if folder.startswith(_MADE) else 1, folder)


_REFERENCES_FIRST: Final = tuple(sorted(REFERENCE_FOLDERS, key=_rank))

_MASK_FOLDERS: Final = ("masks", "mask", "mask_images", "mask_frames", "mask_videos")
"""Where masks lie that are an input."""

FRAME_ENDINGS: Final = frozenset({".png", ".jpg", ".jpeg", ".bmp"})

SCAN_ENDINGS: Final = frozenset({
    ".bin", ".ply", ".pcd", ".npy", ".npz", ".txt", ".xyz", ".pts", ".las", ".off", ".obj",
})  # fmt: skip
"""Files that are one scan each in a folder of scans."""

_NO_VIDEO: Final = frozenset((*MEDIA_FOLDERS, "", "."))
"""Folders that are of no video in particular."""

_DRIVE: Final = re.compile(r"[A-Za-z]:")

_MAX_PARTS: Final = 32


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key that puts frame 10 behind frame 9."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", name)
    # Beyond 18 digits a number is a hash; int() would also refuse an endless one.
    return [(0, int(p), "") if p[0] in "0123456789" and len(p) <= 18 else (1, 0, p.lower()) for p in pieces]


def inside(path: Path, root: Path) -> bool:
    """Whether `path`, with every link followed, lies below the data folder `root`.

    A snapshot in the hub's own cache keeps its files as links into `blobs` beside it;
    that folder counts as part of it.
    """
    try:
        real, real_root = path.resolve(), root.resolve()
    except (OSError, ValueError, RuntimeError):
        return False
    roots = [real_root, *(up.parent / "blobs" for up in real_root.parents if up.name == "snapshots")]
    return any(real.is_relative_to(allowed) for allowed in roots)


def _shown(given: str) -> str:
    return repr(given if len(given) <= 120 else given[:117] + "…")


class MediaFinder:
    """Resolves the paths of one task's annotation; folder listings are cached."""

    def __init__(self, folder: Path, root: Path, *, references: bool = False) -> None:
        """Resolve inside the task folder `folder` of the data folder `root`.

        With `references` the folders of masks, depths and labels are searched as well,
        and first.
        """
        self._folder = folder
        self._root = root
        self._places = (*_REFERENCES_FIRST, *MEDIA_FOLDERS) if references else MEDIA_FOLDERS
        self._avoided: frozenset[str] = frozenset() if references else REFERENCE_FOLDERS
        self._place = str(folder)
        self._parents: dict[str, bool] = {}
        self._preferred: dict[tuple[str, ...], list[str]] = {}
        self._listings = FolderListings()

    def file(self, given: str, keep: int = 1, first: tuple[str, ...] = ()) -> Path:
        """Return the file behind `given`; `keep` is how many of its last parts must stay.

        Folders named in `first` are searched before the others.
        Raises MediaError when the path leaves the data folder, is not there, or fits
        several files alike.
        """
        parts = self._parts(given)
        for candidate in self._candidates(parts, keep, first):
            if self._listings.holds(candidate, "file"):
                return self._safe(candidate, given)
        return self._by_name(parts, keep, given)

    def folder(self, given: str) -> Path | None:
        """Return the folder behind `given`, or None when no such folder is there."""
        parts = self._parts(given)
        for candidate in self._candidates(parts, 1):
            if self._listings.holds(candidate, "folder"):
                return self._safe(candidate, given)
        return None

    def frames(self, given: str, endings: frozenset[str] = FRAME_ENDINGS) -> tuple[Path, ...]:
        """Return the image files (those of `endings`) in the folder behind `given`, in natural order."""
        folder = self.folder(given)
        if folder is None:
            raise MediaError(f"{_shown(given)}: no such folder of frames in {self._folder.name}")
        return self._listed(folder, given, endings)

    def laid_over(self, given: str, first: tuple[str, ...] = ()) -> tuple[Path, ...]:
        """Return the file, or the frames in the folder, of a mask or depth that is an input.

        It bears the name of what it lies over, so it is looked for in the folders named in `first` and
        among masks before anywhere else.
        """
        parts = self._parts(given)
        named = [self._names[name] for name in (*first, *_MASK_FOLDERS) if name in self._names]
        for base in (*(f"{self._place}/{name}" for name in named), self._place):
            for start in range(len(parts)):
                candidate = "/".join((base, *parts[start:]))
                if self._listings.holds(candidate, "file"):
                    return (self._safe(candidate, given),)
                if self._listings.holds(candidate, "folder"):
                    return self._listed(self._safe(candidate, given), given)
        return (self.file(given, self.frame_keep(given)),)

    def _listed(self, folder: Path, given: str, endings: frozenset[str] = FRAME_ENDINGS) -> tuple[Path, ...]:
        names = self._listings.files(str(folder))
        frames = [name for name in names if os.path.splitext(name)[1].lower() in endings]  # noqa: PTH122
        if not frames:
            kind = "image" if endings == FRAME_ENDINGS else "scan"
            raise MediaError(f"{_shown(given)}: no {kind} files in the folder")
        return tuple(self._safe(f"{folder}/{name}", given) for name in sorted(frames, key=natural_key))

    def frame_keep(self, given: str) -> int:
        """Return how many last parts of a frame's path must stay: 0001.jpg alone names many frames."""
        parts = given.replace("\\", "/").split("/")
        return 2 if len(parts) > 1 and parts[-2].lower() not in _NO_VIDEO else 1

    def _parts(self, given: str) -> list[str]:
        path = given.strip().replace("\\", "/")
        if path.startswith(("/", "~")) or _DRIVE.match(path):
            raise MediaError(f"{_shown(given)}: an absolute path, refused; paths are inside the data folder")
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise MediaError(f"{_shown(given)}: '..' is refused; paths are inside the data folder")
        if not parts or "\0" in path:
            raise MediaError(f"{_shown(given)}: not a path")
        return parts[-_MAX_PARTS:]

    def _candidates(self, parts: list[str], keep: int, first: tuple[str, ...] = ()) -> Iterator[str]:
        """Yield the places where the path may lead to, as texts."""
        preferred = self._preferred.get(first)
        if preferred is None:
            preferred = [f"{self._place}/{self._names[name]}" for name in first if name in self._names]
            self._preferred[first] = preferred
        for start in range(max(1, len(parts) - keep + 1)):
            tail = "/".join(parts[start:])
            for base in (*preferred, *self._bases):
                yield f"{base}/{tail}"

    @cached_property
    def _names(self) -> dict[str, str]:
        """The entries of the task folder by lower-case name."""
        try:
            return {name.lower(): name for name in os.listdir(self._folder)}  # noqa: PTH208
        except OSError:
            return {}

    @cached_property
    def _bases(self) -> list[str]:
        media = [f"{self._place}/{self._names[name]}" for name in self._places if name in self._names]
        return [self._place, *(path for path in media if self._listings.holds(path, "folder"))]

    @cached_property
    def _index(self) -> dict[str, list[Path]]:
        """Every file of the task folder by lower-case name; made only when a path failed."""
        index: dict[str, list[Path]] = {}
        for place, folders, files in os.walk(self._folder):
            folders[:] = sorted(name for name in folders if name.lower() not in self._avoided)
            for name in sorted(files):
                index.setdefault(name.lower(), []).append(Path(place) / name)
        return index

    def _by_name(self, parts: list[str], keep: int, given: str) -> Path:
        wanted = [part.lower() for part in reversed(parts)]
        best, longest = [], keep - 1
        for path in self._index.get(wanted[0], []):
            own = [part.lower() for part in reversed(path.relative_to(self._folder).parts)]
            pairs = zip(wanted, own, strict=False)
            same = next((count for count, (a, b) in enumerate(pairs) if a != b), min(len(wanted), len(own)))
            if same > longest:
                best, longest = [path], same
            elif same == longest:
                best.append(path)
        exact = [path for path in best if path.name == parts[-1]] or best
        if not exact or longest < keep:
            raise MediaError(f"{_shown(given)}: no such file in {self._folder.name}")
        if len(exact) > 1:
            listed = " and ".join(path.relative_to(self._folder).as_posix() for path in exact[:2])
            raise MediaError(f"{_shown(given)}: fits {listed} alike")
        return self._safe(f"{exact[0].parent}/{exact[0].name}", given)

    def _safe(self, place: str, given: str) -> Path:
        """Return the path of `place` unless it is, or lies behind, a link that leaves the data folder."""
        path, parent = Path(place), place.rpartition("/")[0]
        if parent not in self._parents:
            self._parents[parent] = inside(path.parent, self._root)
        if not self._parents[parent] or (self._listings.is_link(place) and not inside(path, self._root)):
            raise MediaError(f"{_shown(given)}: a link that leaves the data folder, refused")
        return path
