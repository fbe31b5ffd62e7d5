"""How questions, answers and references are shown: plain objects that the page's script draws.

Each has a `kind`: `text`; `picture` (a picture, or a video as a strip of frames); `layer` (a map to lay over
the picture of the question); `marks` (boxes and points over it); `sound`; `notes`; `solid` and `motion` (in
space, to be turned around); `file` (what cannot be shown, with its name and why).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import GeneralBenchError, MediaError
from pytest_generalbench.core.media.containers import RATE
from pytest_generalbench.core.media.media import Media, open_image, sample_video, spread
from pytest_generalbench.core.outputs.codecs.images.files import is_picture
from pytest_generalbench.core.outputs.forms.audio import Audio
from pytest_generalbench.core.outputs.forms.boxes import Boxes, FrameBoxes, Keypoints, OneBox, Tube
from pytest_generalbench.core.outputs.forms.mesh import Mesh
from pytest_generalbench.core.outputs.forms.motion import Motion
from pytest_generalbench.core.outputs.forms.point_cloud import PointCloud
from pytest_generalbench.core.outputs.forms.symbolic_music import SymbolicMusic
from pytest_generalbench.core.outputs.forms.video import Video
from pytest_generalbench.core.outputs.media_output import MediaOutput
from pytest_generalbench.core.visible_text import visible_text
from pytest_generalbench.reports.page.pictures import FRAMES, keep_picture, keep_strip, map_exhibit
from pytest_generalbench.reports.page.solids import cloud, laser_points, solid_of
from pytest_generalbench.reports.page.sounds import notes, sound, sound_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box
    from pytest_generalbench.reports.page.kept_files import KeptFiles

Exhibit = dict[str, Any]

TEXT_CHARS: Final = 20_000
"""A longer text is cut; the ledger has it whole."""

_FORMS: Final[dict[str, type[MediaOutput]]] = {"pointcloud": PointCloud, "mesh": Mesh, "motion": Motion}
ANSWER_TINT: Final = np.array((213, 94, 0), np.uint8)
REFERENCE_TINT: Final = np.array((0, 114, 178), np.uint8)


@dataclass(slots=True)
class Scene:
    """What a question shows, for the answers that belong to it."""

    points: NDArray[Any] | None = None
    """Its points, (N, 3)."""
    frames: int = 1
    """Frames of its video; 1 of a picture."""
    shown: list[Exhibit] = field(default_factory=list)


def text(value: str) -> Exhibit:
    """Return how a text is shown; a very long one is cut."""
    if len(value) <= TEXT_CHARS:
        return {"kind": "text", "text": visible_text(value)}
    return {"kind": "text", "text": visible_text(value[:TEXT_CHARS]), "cut": len(value)}


def question(parts: Sequence[str | Media], files: KeptFiles | None) -> Scene:
    """Return how a question is shown.

    Args:
        parts: Its texts and media.
        files: Keeps the media; None names them only.
    """
    scene = Scene()
    for part in parts:
        if isinstance(part, str):
            scene.shown.append(text(part))
        elif files is None:
            scene.shown.append({"kind": "file", "name": part.path.name, "medium": part.medium})
        else:
            try:
                scene.shown.append({**_medium(part, scene, files), "medium": part.medium})
            except (GeneralBenchError, OSError, ValueError) as error:
                scene.shown.append({"kind": "file", "name": part.path.name, "why": str(error)})
    return scene


def _medium(medium: Media, scene: Scene, files: KeptFiles) -> Exhibit:
    if medium.medium == "image":
        return picture(np.asarray(open_image(medium.path)), files)
    if medium.medium == "video":
        video = sample_video(medium, FRAMES)
        scene.frames = video.count
        return moving([np.asarray(frame) for frame in video.frames], video.duration, files)
    if medium.medium == "audio":
        if medium.path.suffix.lower() in SymbolicMusic.endings:
            return notes(SymbolicMusic.open(medium.paths))
        return sound_file(medium.path, files)
    if medium.medium == "map":
        return _map(medium, files)
    form = _FORMS.get(medium.medium)
    if form is None:
        raise MediaError(f"a medium of the kind {medium.medium} has no picture")
    if form is PointCloud:
        return _cloud(medium, scene)
    opened = form.open(medium.paths)
    return solid_of(opened, None) or _preview(opened, files)


def _map(medium: Media, files: KeptFiles) -> Exhibit:
    """Return how a map over the question's picture or frames is shown: as pictures of its own."""
    if not all(is_picture(path.name) for path in medium.paths):
        raise MediaError("figures, not a picture")
    places = spread(len(medium.paths), FRAMES)
    frames = [np.asarray(open_image(medium.paths[place])) for place in places]
    return picture(frames[0], files) if len(frames) == 1 else moving(frames, len(frames) / RATE, files)


def _cloud(medium: Media, scene: Scene) -> Exhibit:
    if medium.path.suffix.lower() == ".bin":
        scene.points, colours = laser_points(medium.path), None
    else:
        opened = PointCloud.open(medium.paths[:1])
        scene.points, colours = opened.points, opened.colours
    shown = cloud(scene.points, colours)
    return shown if len(medium.paths) == 1 else {**shown, "note": f"the first of {len(medium.paths)} scans"}


def picture(pixels: NDArray[np.uint8], files: KeptFiles) -> Exhibit:
    """Return how an RGB picture is shown."""
    height, width = pixels.shape[:2]
    return {"kind": "picture", "src": keep_picture(pixels, files), "size": [width, height], "frames": 1}


def moving(frames: Sequence[NDArray[np.uint8]], seconds: float, files: KeptFiles) -> Exhibit:
    """Return how a video is shown: a strip of its frames."""
    strip = keep_strip(frames, files)
    height, width = frames[0].shape[:2]
    shown: Exhibit = {"kind": "picture", "src": strip.source, "size": [width, height], "frames": strip.frames}
    return {**shown, "seconds": round(seconds, 2)}


def answer(value: str | StructuredOutput, scene: Scene, tint: Any, files: KeptFiles | None) -> Exhibit:
    """Return how an answer or a reference is shown.

    Args:
        value: The answer.
        scene: What its question shows.
        tint: The colour of its marks and masks, RGB.
        files: Keeps media; None says of what form the answer is.
    """
    if isinstance(value, str):
        return text(value)
    if files is None:
        return {"kind": "file", "name": value.form}
    try:
        return _structured(value, scene, tint, files)
    except (GeneralBenchError, OSError, ValueError) as error:
        return {"kind": "file", "name": value.form, "why": str(error)}


def _structured(value: StructuredOutput, scene: Scene, tint: Any, files: KeptFiles) -> Exhibit:
    if isinstance(value, Video):
        return moving(list(value.frames), len(value.frames) / value.fps, files)
    if isinstance(value, Audio):
        return sound(value, files)
    if isinstance(value, SymbolicMusic):
        return notes(value)
    shown = _marks(value, scene) or map_exhibit(value, tint, files) or solid_of(value, scene.points)
    if shown is None and isinstance(value, MediaOutput):
        shown = _preview(value, files)
    return shown or {"kind": "file", "name": value.form, "why": "it is empty, or its scene cannot be shown"}


def _preview(value: MediaOutput, files: KeptFiles) -> Exhibit:
    shown = value.preview()
    if shown is None:
        return {"kind": "file", "name": value.form}
    return picture(shown, files)


def _marks(value: StructuredOutput, scene: Scene) -> Exhibit | None:
    """Return how boxes and points are shown: those of each frame that the question's strip has."""
    if isinstance(value, Boxes):
        return _marked([[_box(box[:4], box.label, box.score) for box in value.boxes]])
    if isinstance(value, OneBox):
        return _marked([[_box(value.box)]])
    if isinstance(value, Keypoints):
        points = [[round(p.x, 1), round(p.y, 1)] for one in value.people for p in one.points if p.visibility]
        return _marked([[_box(one.box) for one in value.people if one.box]], [points])
    if isinstance(value, FrameBoxes):
        return _marked(_of_frames(dict(enumerate(value.boxes)), scene.frames))
    if isinstance(value, Tube):
        return _marked(_of_frames(dict(enumerate(value.boxes, value.start)), scene.frames))
    return None


def _of_frames(boxes: dict[int, Box | None], count: int) -> list[list[list[Any]]]:
    given = (boxes.get(place) for place in spread(max(count, 1), FRAMES))
    return [[_box(box)] if box else [] for box in given]


def _box(box: Sequence[float], label: str | None = None, score: float | None = None) -> list[Any]:
    known = None if score is None else round(score, 3)
    return [*(round(float(number), 1) for number in box), label, known]


def _marked(boxes: list[list[list[Any]]], points: list[list[list[float]]] | None = None) -> Exhibit:
    return {"kind": "marks", "boxes": boxes, "points": points or []}
