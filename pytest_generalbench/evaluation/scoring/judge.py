"""Judges: models that decide whether a free-text answer means the same as the reference."""

from __future__ import annotations

import json
import os
import re
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Final, Protocol

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.metrics.text.normalization import tokenise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.settings import Settings

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"
_ATTEMPTS: Final = 3
_TIMEOUT_S: Final = 60.0

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
    """A chat model behind an OpenAI-compatible address."""

    def __init__(self, model: str, base_url: str) -> None:
        """Keep model and address; the key is read from the environment at each call and never stored."""
        if not base_url.startswith(("http://", "https://")):
            raise GeneralBenchError(
                f"the judge's address must start with http:// or https://, not {base_url!r}"
            )
        self.name = f"{model} (0/1 agreement with the reference)"
        self._model = model
        self._url = f"{base_url.rstrip('/')}/chat/completions"

    def verdict(self, question: str, references: Sequence[str], answer: str) -> tuple[float | None, str]:
        """Ask the server up to three times; without an answer of 0 or 1 the verdict is None."""
        listed = "\n".join(f"- {reference}" for reference in references)
        prompt = _INSTRUCTION.format(question=question, references=listed, answer=answer)
        reason = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(2.0**attempt - 1.0)
            try:
                reason = self._ask(prompt)
            except (urllib.error.URLError, TimeoutError, OSError, ValueError, KeyError, IndexError) as error:
                reason = f"judge failed: {type(error).__name__}: {error}"
                if isinstance(error, urllib.error.HTTPError) and error.code in (400, 401, 403, 404):
                    break  # asking again cannot help
                continue
            match = re.fullmatch(r"\W*([01])\W*", reason)
            if match:
                return float(match[1]), reason
        return None, reason[:200]

    def _ask(self, prompt: str) -> str:
        body = {
            "model": self._model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": 0,
            "max_tokens": 4,
        }
        headers = {"Content-Type": "application/json"}
        key = os.environ.get("GENERALBENCH_JUDGE_KEY") or os.environ.get("OPENAI_API_KEY")
        if key:
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(self._url, json.dumps(body).encode(), headers)  # noqa: S310 - checked
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:  # noqa: S310 - checked in __init__
            content = json.loads(reply.read())["choices"][0]["message"]["content"]
        return str(content).strip()


def make_judge(settings: Settings, is_demo: bool) -> Judge | None:
    """Return the judge that the settings name; the demo set has its own, other data none."""
    if settings.judge:
        return ServedJudge(settings.judge, settings.base_url or DEFAULT_BASE_URL)
    return DemoJudge() if is_demo else None
