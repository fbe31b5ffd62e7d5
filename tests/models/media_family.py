"""What is needed to make a family that takes media: its tokens, template, configuration and parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Final

Values = dict[str, Any]


def chat_template(**tokens: str) -> str:
    """Return a template that writes a token for each medium of a turn, and its texts."""
    branches = "".join(
        f"{{% {'elif' if number else 'if'} part['type'] == '{kind}' %}}{token}"
        for number, (kind, token) in enumerate(tokens.items())
    )
    return (
        "{% for message in messages %}user:{% if message['content'] is string %}{{ message['content'] }}"
        "{% else %}{% for part in message['content'] %}"
        + branches
        + "{% else %}{{ part['text'] }}{% endif %}"
        "{% endfor %}{% endif %}{{ '\n' }}{% endfor %}assistant:"
    )


HAS_TORCHVISION: Final = find_spec("torchvision") is not None

STRINGS: Final = (
    "{% for message in messages %}{{ 'USER: ' + message['content'] + '\n' }}{% endfor %}ASSISTANT:"
)
"""A template whose turns are strings."""


@dataclass(frozen=True, slots=True)
class Family:
    """What a family's tokenizer, processor and configuration have that others lack."""

    tokens: dict[str, str]
    """Special tokens by name, as in `image_token`."""
    template: str | None
    config: Values = field(default_factory=dict)
    parts: dict[str, Values] = field(default_factory=dict)
    """Arguments of the parts of its processor."""
    processor: Values = field(default_factory=dict)
    """Arguments of the processor itself."""
    video: bool = False
    untried: frozenset[str] = frozenset()
    """Media that a shrunk model cannot take."""
    images: int = 2
    """Images that a request has at most."""
    needs_image: bool = False
    has_image_token: bool = True
    """Whether the tokenizer has a token `<image>`."""
    times: str = ""
    """How the times of a video's frames are told: a regular expression over the prompt."""
