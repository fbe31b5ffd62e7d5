"""A client of chat completions: requests are repeated, adapted to the server, and paced."""

from __future__ import annotations

import http.client
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError, MediaError
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.base import Failed
from pytest_generalbench.models.openai.complaints import complaint_of, has_error
from pytest_generalbench.models.openai.concurrency import Flow, Stopped, back_off
from pytest_generalbench.models.openai.http import Reply, Server
from pytest_generalbench.models.openai.messages import messages, without_system_role
from pytest_generalbench.models.openai.parameters import Change, Parameters, refused
from pytest_generalbench.models.openai.redaction import MODEL_KEYS, without_keys
from pytest_generalbench.models.openai.replies import Outcome, is_overloaded, outcome_of
from pytest_generalbench.models.openai.special_tokens import wants_marks, without_end_marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.settings import Settings

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"

_ENOUGH: Final = 3
"""After so many requests in a row that no retry helped, later ones are asked once, until one is answered."""


class ChatClient:
    """Sends requests to one model of a server; safe to use from many threads.

    Args:
        name: the model's name on the server.
        settings: `base_url`, `model_frames`, `video_as`, `retries`, `request_timeout` (s) and `concurrency`
            are used.
        keys: environment variables that may hold the key.

    Raises:
        ModelError: the address is invalid or holds a secret.
    """

    def __init__(self, name: str, settings: Settings, keys: Sequence[str] = MODEL_KEYS) -> None:
        """Check the settings; nothing is sent yet."""
        self.name = name
        self.url = (settings.base_url or DEFAULT_BASE_URL).rstrip("/")
        self.frames = settings.model_frames
        self.video_as = settings.video_as
        self.retries = settings.retries
        self.patience = settings.request_timeout
        self.server = Server(self.url, settings.request_timeout, keys)
        self.flow = Flow(settings.concurrency)
        self.parameters = Parameters()
        self._keys = keys
        self._lock = threading.Lock()
        self._in_vain = 0

    def answer(self, request: Request) -> Output | Failed:
        """Return the answer to a request, or why there is none; raises nothing."""
        try:
            return self._asked(request)
        except MediaError as error:
            return Failed(str(error), "missing_media")
        except GeneralBenchError as error:
            return Failed(without_keys(str(error)))
        except Stopped:
            return Failed("the model was closed")
        except Exception as error:  # noqa: BLE001 - raised, it would cost the batch's other answers
            return Failed(without_keys(f"{type(error).__name__}: {error}"))

    def _asked(self, request: Request) -> Output | Failed:
        """Send a request until it is answered or no retry can help."""
        chat = messages(request, self.frames, self.video_as)
        slow = 0
        for attempt in range(self.retries + 1):
            outcome = self._once(request, chat)
            answer = outcome.answer
            slow += isinstance(answer, Failed) and answer.state == "timeout"
            last = attempt >= (0 if self._in_vain >= _ENOUGH else self.retries)
            # A gateway that gave up twice will do so again: nobody wants to wait for a third time.
            if not outcome.again or last or slow > 1:
                break
            if outcome.pause > self.patience:
                answer = Failed(
                    f"the server asks to wait {outcome.pause:.0f} s, longer than a request may take"
                )
                break
            self.flow.sleep(max(outcome.pause, back_off(attempt)))
        with self._lock:
            self._in_vain = self._in_vain + 1 if _is_in_vain(outcome) else 0
        return answer

    def _once(self, request: Request, chat: list[dict[str, Any]]) -> Outcome:
        entered = self.flow.enter()
        outcome = Outcome(Failed("the request was given up"))
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

    def _tried(self, request: Request, chat: list[dict[str, Any]]) -> Outcome:
        try:
            reply = self._adapted(request, chat)
        except TimeoutError as error:
            reason = without_keys(f"no answer within {self.patience:g} s ({error})")
            # The time that a request may take is over: it is not sent again.
            return Outcome(Failed(reason, "timeout"), busy=True)
        except (OSError, http.client.HTTPException) as error:
            reason = without_keys(f"{type(error).__name__}: {' '.join(str(error).split())}")
            return Outcome(Failed(f"no answer from {self.url}: {reason}"), again=True)
        outcome = outcome_of(reply, self._keys)
        if not isinstance(outcome.answer, Output) or outcome.answer.refused:
            return outcome
        output = outcome.answer
        left_out = self.parameters.left_out
        details = {**output.details, "without": left_out} if left_out else output.details
        text = without_end_marks(output.text or "") if wants_marks(request) else output.text
        return replace(outcome, answer=replace(output, text=text, details=details))

    def _adapted(self, request: Request, chat: list[dict[str, Any]]) -> Reply:
        """Send a request, and again without what the server refuses, until that changes nothing more."""
        wanted: dict[str, Any] = {
            "max_tokens": request.max_new_tokens,
            "temperature": 0,
            "seed": request.seed,
        }
        if wants_marks(request):
            wanted["skip_special_tokens"] = False
        tries: list[Change] = []
        first: Reply | None = None
        before: list[dict[str, Any]] = []
        while True:
            body = self._body(chat, wanted, tries)
            reply = self.server.post("/chat/completions", body)
            changes = self._changes(reply, body)
            before.append(body)
            if tries and not changes:
                if reply.status == 200 and not has_error(reply.content):
                    self.parameters.keep(tries)
                    return reply
                if is_overloaded(reply):
                    return reply  # which says nothing about the tries
                self.parameters.is_guessing = False  # it was about something else
                return first or reply
            if changes and all(change.is_sure for change in changes):
                self.parameters.keep(changes)
            else:
                tries += changes
                first = first or reply
            if not changes or self._body(chat, wanted, tries) in before:
                return reply

    def _body(
        self, chat: list[dict[str, Any]], wanted: dict[str, Any], tries: list[Change]
    ) -> dict[str, Any]:
        """Return the request to send: all that is wanted, as far as the server has not refused it."""
        turns = chat if self.parameters.takes_system(tries) else without_system_role(chat)
        return {"model": self.name, "messages": turns, **self.parameters.chosen(wanted, tries)}

    def _changes(self, reply: Reply, body: dict[str, Any]) -> list[Change]:
        if reply.status == 200 and not has_error(reply.content):
            return []
        complaint = complaint_of(reply)
        return [] if complaint.is_filtered else refused(complaint, body, self.parameters)

    def close(self) -> None:
        """Stop waiting requests, and close the connections."""
        self.flow.stop()
        self.server.close()


def _is_in_vain(outcome: Outcome) -> bool:
    """Return whether a request failed for a reason that lies in the server, not in the request."""
    is_silence = isinstance(outcome.answer, Failed) and outcome.answer.state == "timeout"
    return outcome.again or is_silence
