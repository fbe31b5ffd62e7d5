"""Conversion of a request to a message of an OpenAI-compatible chat, media inline."""

from __future__ import annotations

import base64
import io
import json
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.core.media.images import is_plain
from pytest_generalbench.core.media.media import Media, open_frames, open_image, spread
from pytest_generalbench.core.media.sounds import read_samples
from pytest_generalbench.core.regular_files import read_regular
from pytest_generalbench.models.system_prompt import first_lines, with_first_lines

if TYPE_CHECKING:
    from PIL.Image import Image

    from pytest_generalbench.core.request import Request

_IMAGES: Final[dict[bytes, str]] = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}
"""First bytes of the image files that servers take as they are, where they look the same everywhere; others
are sent as PNG."""


def _read(path: Path) -> bytes:
    try:
        return read_regular(path)
    except OSError as error:
        raise MediaError(f"{path.name}: {error.strerror or error}") from error


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _encoded(image: Image, form: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **({"quality": 90} if form == "JPEG" else {}))
    return buffer.getvalue()


def _image_part(kind: str, content: bytes) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": _data_url(kind, content)}}


def image_part(path: Path) -> dict[str, Any]:
    """Return an image file as a part of a message."""
    content = _read(path)
    for start, kind in _IMAGES.items():
        if content.startswith(start) and is_plain(path):
            return _image_part(kind, content)
    return _image_part("image/png", _encoded(open_image(path), "PNG"))


def _frame_parts(video: Media, frames: int) -> list[dict[str, Any]]:
    if len(video.paths) > 1:
        return [image_part(video.paths[place]) for place in spread(len(video.paths), frames)]
    return [_image_part("image/jpeg", _encoded(frame, "JPEG")) for frame in open_frames(video, frames)]


def _video_part(path: Path) -> dict[str, Any]:
    kind = mimetypes.guess_type(path.name)[0] or "video/mp4"
    return {"type": "video_url", "video_url": {"url": _data_url(kind, _read(path))}}


def sound_of(path: Path) -> tuple[str, bytes]:
    """Return a sound's format and content: WAV and MP3 as they are, anything else as WAV."""
    content = _read(path)
    if content.startswith((b"RIFF", b"RF64")):
        return "wav", content
    # MPEG audio of layer 1 to 3; the same first bits with layer 0 are AAC.
    if content.startswith(b"ID3") or (content[:1] == b"\xff" and content[1:2] >= b"\xe0" and content[1] & 6):
        return "mp3", content
    samples, rate = read_samples(content, path.name)
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="WAV", subtype="PCM_16")
    return "wav", buffer.getvalue()


def _parts(medium: Media, frames: int, video_as: str) -> list[dict[str, Any]]:
    if medium.medium == "audio":
        sounds = map(sound_of, medium.paths)
        return [
            {
                "type": "input_audio",
                "input_audio": {"data": base64.b64encode(data).decode(), "format": form},
            }
            for form, data in sounds
        ]
    if medium.medium != "video":
        return [image_part(path) for path in medium.paths]
    # Frames that lie as image files have no file that could be sent as a video.
    if video_as == "url" and len(medium.paths) == 1:
        return [_video_part(medium.path)]
    return _frame_parts(medium, frames)


def messages(request: Request, frames: int, video_as: str) -> list[dict[str, Any]]:
    """Return the request as one user turn, after its system prompt where it has one.

    Text alone is a plain string, which every server takes.
    """
    system = [{"role": "system", "content": request.system}] if request.system else []
    if not request.media:
        return [*system, {"role": "user", "content": request.text}]
    content: list[dict[str, Any]] = []
    for part in request.parts:
        if isinstance(part, Media):
            content += _parts(part, frames, video_as)
        else:
            content.append({"type": "text", "text": part})
    return [*system, {"role": "user", "content": content}]


def without_system_role(chat: list[dict[str, Any]]) -> list[dict[str, Any]]:
    r"""Return a conversation whose system prompt is the first lines of the user's turn.

    >>> system = {"role": "system", "content": "Be brief."}
    >>> without_system_role([system, {"role": "user", "content": "Which?"}])
    [{'role': 'user', 'content': 'Be brief.\nWhich?'}]
    """
    if not has_system_role(chat):
        return chat
    system, user, *later = chat
    return [{**user, "content": with_first_lines(first_lines(system["content"]), user["content"])}, *later]


def has_system_role(chat: list[dict[str, Any]]) -> bool:
    """Return whether a conversation begins with a turn of the role `system`."""
    return bool(chat) and chat[0]["role"] == "system"


def shown_messages(request: Request, frames: int, video_as: str) -> str:
    """Return the messages of a request as indented JSON; the data of media are named by their size."""
    chat = messages(request, frames, video_as)
    for turn in chat:
        for part in turn["content"] if isinstance(turn["content"], list) else ():
            for value in part.values():
                for name, data in value.items() if isinstance(value, dict) else ():
                    value[name] = _without_data(name, data)
    return json.dumps(chat, ensure_ascii=False, indent=1)


def _without_data(name: str, value: str) -> str:
    """Return a value of a media part; data in base64 as their size.

    >>> _without_data("url", "data:image/png;base64,iVBORw0K")
    'data:image/png;base64,<8 characters>'
    """
    start, marked, data = value.rpartition("base64,")
    return f"{start}{marked}<{len(data)} characters>" if marked or name == "data" else value
