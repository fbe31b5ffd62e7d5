"""`openai:` models: any server that speaks OpenAI's chat completions (vLLM, SGLang, hosted ones)."""

from __future__ import annotations

import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError, MediaError
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.base import Failed, Model
from pytest_generalbench.models.openai.concurrency import Flow, Stopped, back_off, retry_after
from pytest_generalbench.models.openai.http import KEYS, Reply, Server, without_key
from pytest_generalbench.models.openai.messages import messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.settings import Settings

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"
_BUSY: Final = (429, 503, 529)
_PASSING: Final = (408, 409, 425, 429)
"""Refusals that may pass; so may every status from 500."""
_SLOW: Final = (408, 504)
_FILTERED: Final = ("content_filter", "content_policy_violation", "moderation")
_ENOUGH: Final = 3
"""After so many requests in a row that no retry helped, later ones are asked once, until one is answered."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The outcome of one attempt at a request."""

    answer: Output | Failed
    again: bool = False
    """Whether asking again may help."""
    busy: bool = False
    pause: float = 0.0
    """Seconds to wait before the next attempt, as the server asks."""


def _spoken(reply: Reply) -> dict[str, Any]:
    """Return the object that a reply holds, {} when it holds none."""
    try:
        content = json.loads(reply.text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _complaint(reply: Reply) -> dict[str, Any]:
    """Return a server's error object; a plain text becomes its message."""
    content = _spoken(reply)
    error = content.get("error", content)
    if isinstance(error, dict):
        return error
    return {"message": str(error)}


def _error_line(reply: Reply) -> str:
    output = str(_complaint(reply).get("message") or reply.text)
    return f"the server answered {reply.status}: {' '.join(output.split())[:300]}"


def _output(content: dict[str, Any]) -> Output | None:
    """Return the answer in a reply, or None when the reply is no chat completion."""
    choices = content.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        return None
    output = message.get("content")
    if isinstance(output, list):
        output = "".join(str(part.get("text", "")) for part in output if isinstance(part, dict))
    if output is not None and not isinstance(output, str):
        return None
    usage = content.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    details = {
        name: counts[name]
        for name in ("prompt_tokens", "completion_tokens")
        if isinstance(counts.get(name), int)
    }
    reason = choice.get("finish_reason")
    if isinstance(reason, str):
        details["finish_reason"] = reason
    refusal = message.get("refusal")
    if reason == "content_filter" or isinstance(refusal, str):
        return Output(output or (refusal if isinstance(refusal, str) else ""), refused=True, details=details)
    return Output(output or "", details=details)


class OpenAIModel(Model):
    """A model behind an OpenAI-compatible server; several requests are in flight at the same time.

    Their number grows with answers and halves when the server is overloaded (`Flow`).

    Args:
        name: the model's name on the server.
        settings: `base_url`, `input_media`, `model_frames`, `video_as`, `retries`, `request_timeout` (s)
            and `concurrency` are used.

    >>> from pytest_generalbench.core.settings import Settings
    >>> model = OpenAIModel("m", Settings(model="openai:m", base_url="http://localhost:8000/v1/"))
    >>> model.url, sorted(model.input_media)
    ('http://localhost:8000/v1', ['image', 'text'])
    >>> model.close()
    """

    output_media = frozenset({"text"})

    def __init__(self, name: str, settings: Settings) -> None:
        """Check the settings; nothing is sent yet."""
        self.name = name
        self.url = (settings.base_url or DEFAULT_BASE_URL).rstrip("/")
        self.input_media = frozenset(settings.input_media or ("text", "image"))
        self.frames = settings.model_frames
        self.video_as = settings.video_as
        self.retries = settings.retries
        self.patience = settings.request_timeout
        self.batch_size = max(64, 4 * settings.concurrency)
        self.server = Server(self.url, settings.request_timeout)
        self.flow = Flow(settings.concurrency)
        self._pool = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="generalbench-openai")
        self._lock = threading.Lock()
        self._in_vain = 0
        self._without: set[str] = set()
        """Parameters that this server has refused."""

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Answer the requests, in order."""
        try:
            return list(self._pool.map(self._answered, requests))
        except BaseException:
            # Ctrl-C: threads that wait or read would hold up the end of the session. No request raises.
            self.close()
            raise

    def _answered(self, request: Request) -> Output | Failed:
        try:
            return self._asked(request)
        except MediaError as error:
            return Failed(str(error), "missing_media")
        except GeneralBenchError as error:
            return Failed(str(error))
        except Stopped:
            return Failed("the model was closed")
        except Exception as error:  # noqa: BLE001 - raised, it would cost the batch's other answers
            return Failed(without_key(f"{type(error).__name__}: {error}"))

    def _asked(self, request: Request) -> Output | Failed:
        """Send a request until it is answered or no retry can help."""
        chat = messages(request, self.frames, self.video_as)
        slow = 0
        for attempt in range(self.retries + 1):
            outcome = self._once(request, chat)
            answer = outcome.answer
            slow += isinstance(answer, Failed) and answer.state == "timeout"
            last = attempt >= (0 if self._in_vain >= _ENOUGH else self.retries)
            # A second silence is as long as the first: nobody wants to wait for a third.
            if not outcome.again or last or slow > 1:
                break
            if outcome.pause > self.patience:
                answer = Failed(
                    f"the server asks to wait {outcome.pause:.0f} s, longer than a request may take"
                )
                break
            self.flow.sleep(max(outcome.pause, back_off(attempt)))
        with self._lock:
            self._in_vain = self._in_vain + 1 if outcome.again else 0
        return answer

    def _once(self, request: Request, chat: list[dict[str, Any]]) -> _Outcome:
        entered = self.flow.enter()
        outcome = _Outcome(Failed("the request was given up"))
        try:
            outcome = self._tried(request, chat)
            return outcome
        finally:
            self.flow.leave(
                entered,
                overloaded=outcome.busy,
                answered=isinstance(outcome.answer, Output),
                pause=outcome.pause if outcome.pause <= self.patience else 0.0,
            )

    def _tried(self, request: Request, chat: list[dict[str, Any]]) -> _Outcome:
        try:
            body = self._body(request, chat)
            reply = self.server.post("/chat/completions", body)
            while reply.status == 400 and self._adapted(reply, body):
                body = self._body(request, chat)
                reply = self.server.post("/chat/completions", body)
        except TimeoutError as error:
            reason = without_key(f"no answer within {self.patience:g} s ({error})")
            return _Outcome(Failed(reason, "timeout"), again=True, busy=True)
        except (OSError, http.client.HTTPException) as error:
            reason = without_key(f"{type(error).__name__}: {error}")
            return _Outcome(Failed(f"no answer from {self.url}: {reason}"), again=True)
        return self._read(reply)

    def _body(self, request: Request, chat: list[dict[str, Any]]) -> dict[str, Any]:
        wanted = {"max_tokens": request.max_new_tokens, "temperature": 0, "seed": request.seed}
        if "max_tokens" in self._without:
            wanted["max_completion_tokens"] = request.max_new_tokens
        given = {name: value for name, value in wanted.items() if name not in self._without}
        return {"model": self.name, "messages": chat, **given}

    def _adapted(self, reply: Reply, body: dict[str, Any]) -> bool:
        """Note the parameter that the server refuses; return whether there is one to leave out."""
        error = _complaint(reply)
        output = str(error.get("message", ""))
        for name in ("max_tokens", "temperature", "seed"):
            is_meant = error.get("param") == name or ("nsupported" in output and f"'{name}'" in output)
            if is_meant and name in body:
                self._without.add(name)
                return True
        return False

    def _read(self, reply: Reply) -> _Outcome:
        """Return the outcome that a reply means."""
        content = _spoken(reply)
        if reply.status == 200:
            output = _output(content)
            if output is not None:
                left_out = {"without": sorted(self._without)} if self._without else {}
                return _Outcome(replace(output, details={**output.details, **left_out}))
            if "error" not in content:
                text = " ".join(reply.text.split())[:200]
                return _Outcome(Failed(f"the server's reply is no chat completion: {text!r}"), again=True)
        error = _complaint(reply)
        code = str(error.get("code") or error.get("type") or "")
        if any(word in code for word in _FILTERED):
            return _Outcome(Output(str(error.get("message", "")), refused=True))
        if reply.status in (401, 403):
            return _Outcome(Failed(f"{_error_line(reply)} (the key is read from {' or '.join(KEYS)})"))
        failed = Failed(_error_line(reply), "timeout" if reply.status in _SLOW else "error")
        passing = reply.status == 200 or reply.status >= 500 or reply.status in _PASSING
        if not passing or code == "insufficient_quota":
            return _Outcome(failed)
        pause = retry_after(reply.headers.get("retry-after"), time.time())
        return _Outcome(failed, again=True, busy=reply.status in _BUSY, pause=pause)

    def identity(self) -> dict[str, Any]:
        """Return name, address and how media are given."""
        entry: dict[str, Any] = {"class": "openai", "name": self.name, "base_url": self.url}
        if "video" in self.input_media:
            entry |= {"frames": self.frames, "video_as": self.video_as}
        return entry

    def close(self) -> None:
        """Stop waiting requests, and close the connections."""
        self.flow.stop()
        self.server.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
