"""Judges: models that decide whether a free-text answer means the same as the reference."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from pytest_generalbench.core.request import EMPTY, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.scoring.judge_replies import read_verdict
from pytest_generalbench.metrics.text.normalization import tokenise
from pytest_generalbench.models.base import Failed

if TYPE_CHECKING:
    from collections.abc import Sequence

_ATTEMPTS: Final = 3
_PAUSE_S: Final = 1.0
_TOKENS: Final = 2048
"""What a judge may write at most: one that reasons needs more than the digit."""

_SHOWN: Final = 200
"""Characters of a reply that are kept."""

_INSTRUCTION: Final = (
    "You grade answers. Reply with the single digit 1 if the candidate answer means the same as, "
    "contains, or agrees with one of the reference answers, and with 0 otherwise.\n\n"
    "Question:\n{question}\n\nReference answers:\n{references}\n\nCandidate answer:\n{answer}\n\nDigit:"
)


class Judge(Protocol):
    """Base class of judges: rates how correct an answer is."""

    name: str
    """Goes into the score's definition."""

    def verdict(self, question: str, references: Sequence[str], answer: str) -> tuple[float | None, str]:
        """Return a verdict in 0..1, None when the judge failed, and the judge's text."""


class DemoJudge:
    """Gives 1 when the answer has every word of a reference; for the demo set only."""

    name = "demo judge (word containment, says nothing about a model)"

    def verdict(self, question: str, references: Sequence[str], answer: str) -> tuple[float | None, str]:
        """Compare words."""
        output = set(tokenise(answer))
        agrees = any(set(tokenise(reference)) <= output for reference in references)
        return float(agrees), "demo"


class ServedJudge:
    """A chat model behind an OpenAI-compatible address, asked as an `openai:` model is.

    Args:
        model: the judge's name on the server.
        base_url: the server's address.
        settings: `retries` and `request_timeout` (s) are used; without them two retries of 600 s.

    Raises:
        ModelError: the address is invalid or holds a secret.
    """

    def __init__(self, model: str, base_url: str, settings: Settings | None = None) -> None:
        """Keep model and address; the key is read from the environment at each call and never stored."""
        # HTTP and its libraries are for runs with a judge alone: others are spared 2 MB and 50 ms a process.
        from pytest_generalbench.models.openai.client import ChatClient
        from pytest_generalbench.models.openai.redaction import JUDGE_KEYS

        given = settings or Settings(model="", retries=_ATTEMPTS - 1)
        self.name = f"{model} (0/1 agreement with the reference)"
        self._client = ChatClient(model, replace(given, base_url=base_url, concurrency=1), JUDGE_KEYS)

    @property
    def notes(self) -> tuple[str, ...]:
        """The parameters that the judge's server refused, a line each."""
        return self._client.parameters.notes

    def verdict(self, question: str, references: Sequence[str], answer: str) -> tuple[float | None, str]:
        """Ask the server; after three replies that cannot be read the verdict is None."""
        listed = "\n".join(f"- {reference}" for reference in references)
        prompt = _INSTRUCTION.format(question=question, references=listed, answer=answer)
        reply = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(_PAUSE_S)  # a server that has just started may answer nonsense
            request = Request("judge", "judge", (prompt,), max_new_tokens=_TOKENS, seed=attempt)
            given = self._client.answer(request)
            if isinstance(given, Failed):
                return None, f"judge failed: {given.message}"
            if EMPTY in given.details:
                return None, f"judge failed: {given.details[EMPTY]}"[:_SHOWN]
            if given.refused:
                return None, f"judge refused: {given.text or ''}"[:_SHOWN]
            reply = (given.text or "").strip()
            verdict = read_verdict(reply)
            if verdict is not None:
                return verdict, reply[:_SHOWN]
        return None, f"judge's reply cannot be read as 0 or 1: {reply or 'empty'}"[:_SHOWN]


def make_judge(settings: Settings, is_demo: bool) -> Judge | None:
    """Return the judge that the settings name; the demo set has its own, other data none."""
    if settings.judge:
        from pytest_generalbench.models.openai.client import DEFAULT_BASE_URL

        return ServedJudge(settings.judge, settings.base_url or DEFAULT_BASE_URL, settings)
    return DemoJudge() if is_demo else None
