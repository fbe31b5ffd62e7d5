"""Options about how a model is loaded or reached; pytest and the console take the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PREFIX: Final = "--generalbench-"


@dataclass(frozen=True, slots=True)
class Option:
    """One option; all but the model are also ini keys (`generalbench_data = …`)."""

    name: str
    help: str
    metavar: str | None = None
    """None: a switch."""
    environment: str | None = None
    """Environment variable that is asked when neither option nor ini key is given."""

    @property
    def dest(self) -> str:
        """Attribute and ini key: `generalbench_base_url`."""
        return f"generalbench_{self.name.replace('-', '_')}"


MODEL_OPTIONS: Final = (
    Option(
        "dtype",
        "Type of the weights of hf:, diffusers: and vllm: models: auto (default: as saved), bfloat16, "
        "float16 or float32.",
        "TYPE",
    ),
    Option(
        "device-map",
        "Lay an hf: model over the worker's devices: auto, balanced, balanced_low_0, sequential, or one "
        "device such as cuda:0 (default: one GPU when there is one). Needs accelerate.",
        "MAP",
    ),
    Option("attention", "Attention of an hf: model: sdpa, eager or flash_attention_2.", "NAME"),
    Option("revision", "Commit, tag or branch of the model's repository; a commit pins it.", "REV"),
    Option("adapter", "Folder of a LoRA or other PEFT adapter for an hf: or vllm: model.", "DIR"),
    Option("model-frames", "Frames of a video that a model is shown, evenly spread (default 8).", "N"),
    Option(
        "input-media",
        "What the model is given, of text,image,video,audio (default: what it declares; an openai: model "
        "text,image). A model that takes several images can be shown a video's frames: text,image,video.",
        "MEDIA",
    ),
    Option("video-as", "A video goes to an openai: model as 'frames' (default: images) or as 'url'.", "FORM"),
    Option("concurrency", "Requests to a server in flight from one worker, at most (default 16).", "N"),
    Option("request-timeout", "Seconds until a request to a server is given up (default 600).", "SECONDS"),
    Option(
        "retries",
        "How often a request is asked again that a server could not answer: busy, broken, cut off "
        "(default 5; 0: never).",
        "N",
    ),
)
"""What concerns how a model is loaded or reached; `generalbench check-model` takes these as well."""


def model_settings(given: Callable[[str], str | None]) -> dict[str, Any]:
    """Return the settings that MODEL_OPTIONS come to; `given` returns an option's value by its name.

    Raises GeneralBenchError for a value that cannot be; what is not given is left out.
    """
    from pytest_generalbench.core.settings import ATTENTIONS, DTYPES, GIVEN_MEDIA, VIDEO_FORMS

    def word(name: str, good: Sequence[str]) -> str | None:
        value = given(name)
        return None if value is None else one_of(name, value, good)

    media = given("input-media")
    named = None if media is None else {part.strip() for part in media.split(",") if part.strip()}
    found = {
        "dtype": word("dtype", DTYPES),
        "device_map": given("device-map"),
        "attention": word("attention", ATTENTIONS),
        "revision": given("revision"),
        "adapter": given("adapter"),
        "model_frames": whole("model-frames", given("model-frames")),
        "input_media": None
        if named is None
        else tuple(sorted({"text", *(one_of("input-media", one, GIVEN_MEDIA) for one in named)})),
        "video_as": word("video-as", VIDEO_FORMS),
        "concurrency": whole("concurrency", given("concurrency")),
        "request_timeout": seconds("request-timeout", given("request-timeout")),
        "retries": whole("retries", given("retries"), least=0),
    }
    return {name: value for name, value in found.items() if value is not None}


def one_of(name: str, given: str, good: Sequence[str]) -> str:
    """Return a value that must be one of the `good` ones. Raises UnknownWordError that lists them."""
    from pytest_generalbench.core.errors import UnknownWordError

    if given not in good:
        raise UnknownWordError(f"{PREFIX}{name}", given, good)
    return given


def whole(name: str, given: str | None, least: int = 1) -> int | None:
    """Return a value as a whole number, None when it is not given. Raises GeneralBenchError for another."""
    from pytest_generalbench.core.errors import GeneralBenchError

    if given is None:
        return None
    if not (given.isascii() and given.isdigit()) or int(given) < least:
        raise GeneralBenchError(f"{PREFIX}{name} takes a whole number from {least}, not {given!r}")
    return int(given)


def seconds(name: str, given: str | None) -> float | None:
    """Return a value as seconds, None when it is not given. Raises GeneralBenchError for another."""
    from pytest_generalbench.core.errors import GeneralBenchError

    if given is None:
        return None
    try:
        value = float(given)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise GeneralBenchError(f"{PREFIX}{name} takes seconds above 0, not {given!r}")
    return value
