"""Chat templates of `hf:` models: which one is used, in which form it takes a turn, and its switches."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_generalbench.core.errors import ModelError

_SPECIALISED: Final = frozenset({"tool_use", "rag"})
"""Names of templates that need more than a conversation."""

_QUESTION: Final = "Which is it? 7f3a"
"""A text that no template contains; a form of content is right when it comes out as it went in."""

_SWITCHES: Final = {
    "enable_thinking": re.compile(r"\benable_thinking\b"),
    "thinking": re.compile(r"\bif (?:not )?thinking\b|\bthinking is (?:not )?(?:defined|none|true|false)\b"),
}
"""Variables with which templates turn reasoning on and off, and how their use is recognised."""


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """How conversations are written for a model."""

    text: str | None
    """The template to pass; None: the library chooses the processor's own, or that of mistral-common."""
    takes_parts: bool
    """Whether the content of a turn is a list of parts; else it is one string, with tokens for media."""
    is_mistral: bool = False
    """Whether mistral-common writes the conversations; its parts name files, not decoded media."""
    switches: dict[str, bool] = field(default_factory=dict)
    """Variables for the template. Answers are short here: a model that can be told not to reason is."""


def is_written_by_mistral(tokenizer: Any) -> bool:
    """Return whether a tokenizer is mistral-common's, which has no template in the library's form."""
    return getattr(tokenizer, "backend", None) == "mistral_common"


def _chosen(templates: Any, target: str) -> str | None:
    """Return the one of named templates that a plain conversation needs.

    >>> _chosen({"tool_use": "a", "chat": "b"}, "m")
    'b'
    """
    if not isinstance(templates, dict):
        return str(templates) if templates else None
    if "default" in templates:
        return str(templates["default"])
    plain = {name: text for name, text in templates.items() if name not in _SPECIALISED}
    if len(plain) == 1:
        return str(next(iter(plain.values())))
    if not templates:
        return None
    raise ModelError(
        f"hf:{target}: it has the chat templates {', '.join(sorted(templates))} and none is named default; "
        "name the one to use default, in a copy of the model's folder"
    )


def find_template(processor: Any, tokenizer: Any, target: str) -> ChatTemplate | None:
    """Return the template of a model: its processor's, else its tokenizer's, else None (a base model).

    Args:
        processor: the processor, or the tokenizer when the model takes text only.
        tokenizer: the tokenizer.
        target: the model's name, for messages.

    Raises:
        ModelError: several templates are named, and nothing says which one is for conversations.
    """
    if is_written_by_mistral(tokenizer):
        return ChatTemplate(None, takes_parts=processor is not tokenizer, is_mistral=True)
    own = getattr(processor, "chat_template", None)
    used = _chosen(own, target) or _chosen(getattr(tokenizer, "chat_template", None), target)
    if used is None:
        return None
    switches = {name: False for name, pattern in _SWITCHES.items() if pattern.search(used)}
    passed = None if used == own else used
    forms = (False, True) if processor is tokenizer else (True, False)
    fitting = (form for form in forms if _is_taken(processor, passed, form, switches))
    return ChatTemplate(passed, takes_parts=next(fitting, forms[0]), switches=switches)


def _is_taken(processor: Any, template: str | None, in_parts: bool, switches: dict[str, bool]) -> bool:
    """Return whether the template writes a question that comes as a list of parts, or as a string."""
    content = [{"type": "text", "text": _QUESTION}] if in_parts else _QUESTION
    try:
        prompt = processor.apply_chat_template(
            [{"role": "user", "content": content}],
            chat_template=template,
            add_generation_prompt=True,
            tokenize=False,
            **switches,
        )
    except Exception:  # noqa: BLE001 - whatever a template raises means that it does not take this form
        return False
    return _QUESTION in prompt and "'type'" not in prompt and '"type"' not in prompt


_OPENING: Final = re.compile(
    r"(?P<mark>[<\[◁⟨](?!\s*/)(?![^<>\[\]◁▷⟨⟩]*end)[^<>\[\]◁▷⟨⟩]*(?:think|thought|reason)[^<>\[\]◁▷⟨⟩]*"
    r"[>\]▷⟩])\s*$",
    re.IGNORECASE,
)


def opened_reasoning(prompt: str) -> str:
    r"""Return the mark of reasoning with which a prompt ends, or an empty string.

    The model goes on within the reasoning, so that its output lacks the mark.

    >>> opened_reasoning("<|im_start|>assistant\n<think>\n")
    '<think>'
    >>> opened_reasoning("<think>\n\n</think>\n\n") + opened_reasoning("[THINK]x[/THINK]")
    ''
    """
    match = _OPENING.search(prompt)
    return match["mark"] if match else ""
