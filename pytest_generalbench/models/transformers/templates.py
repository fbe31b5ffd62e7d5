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

_SYSTEM: Final = "You are a careful annotator. 9c1e"
"""The same, for the system prompt."""

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
    system_takes_parts: bool | None = None
    """Whether the content of a turn of the role `system` is a list of parts, else a string; None: the
    template has no such role."""


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
        return ChatTemplate(None, processor is not tokenizer, is_mistral=True, system_takes_parts=False)
    own = getattr(processor, "chat_template", None)
    used = _chosen(own, target) or _chosen(getattr(tokenizer, "chat_template", None), target)
    if used is None:
        return None
    switches = {name: False for name, pattern in _SWITCHES.items() if pattern.search(used)}
    passed = None if used == own else used
    forms = (False, True) if processor is tokenizer else (True, False)
    fitting = (form for form in forms if _is_taken(processor, passed, form, switches))
    in_parts = next(fitting, forms[0])
    system = _form_of_system(processor, passed, in_parts, switches)
    return ChatTemplate(passed, in_parts, switches=switches, system_takes_parts=system)


def turn(role: str, text: str, in_parts: bool) -> dict[str, Any]:
    """Return a turn of words alone, its content a list of one part or a string.

    >>> turn("user", "Which?", True)
    {'role': 'user', 'content': [{'type': 'text', 'text': 'Which?'}]}
    """
    return {"role": role, "content": [{"type": "text", "text": text}] if in_parts else text}


def _written(
    processor: Any, template: str | None, turns: list[dict[str, Any]], switches: dict[str, bool]
) -> str | None:
    """Return the prompt of a conversation, or None where the template does not take it."""
    passed = {} if template is None else {"chat_template": template}
    try:
        prompt = processor.apply_chat_template(
            turns, **passed, add_generation_prompt=True, tokenize=False, **switches
        )
    except Exception:  # noqa: BLE001 - whatever a template raises means that it does not take this
        return None
    return prompt if isinstance(prompt, str) else None


def _is_taken(processor: Any, template: str | None, in_parts: bool, switches: dict[str, bool]) -> bool:
    """Return whether the template writes a question that comes as a list of parts, or as a string."""
    prompt = _written(processor, template, [turn("user", _QUESTION, in_parts)], switches)
    return prompt is not None and _is_whole(prompt, _QUESTION)


def _is_whole(prompt: str, *texts: str) -> bool:
    return all(text in prompt for text in texts) and "'type'" not in prompt and '"type"' not in prompt


def _form_of_system(
    processor: Any, template: str | None, in_parts: bool, switches: dict[str, bool]
) -> bool | None:
    """Return whether a system prompt is taken as a list of parts or as a string; None: in no way.

    A template that writes it as it writes what the user or the model says has no role for it.
    """
    question = turn("user", _QUESTION, in_parts)

    def written(role: str, form: bool) -> str | None:
        return _written(processor, template, [turn(role, _SYSTEM, form), question], switches)

    for form in (in_parts, not in_parts):
        prompt = written("system", form)
        if prompt is None or not _is_whole(prompt, _SYSTEM, _QUESTION):
            continue
        if prompt not in (written("user", form), written("assistant", form)):
            return form
    return None


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
