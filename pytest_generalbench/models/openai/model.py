"""`openai:` models: any server that speaks OpenAI's chat completions (vLLM, SGLang, hosted ones)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from pytest_generalbench.models.base import Failed, Model
from pytest_generalbench.models.openai.client import ChatClient
from pytest_generalbench.models.openai.messages import shown_messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.request import Output, Request
    from pytest_generalbench.core.settings import Settings


class OpenAIModel(Model):
    """A model behind an OpenAI-compatible server; several requests are in flight at the same time.

    Their number grows with answers and halves when the server is overloaded (`Flow`).

    Args:
        name: the model's name on the server.
        settings: `base_url`, `input_media`, `model_frames`, `video_as`, `retries`, `request_timeout` (s)
            and `concurrency` are used.

    >>> from pytest_generalbench.core.settings import Settings
    >>> model = OpenAIModel("m", Settings(model="openai:m", base_url="http://localhost:8000/v1/"))
    >>> model.client.url, sorted(model.input_media)
    ('http://localhost:8000/v1', ['image', 'text'])
    >>> model.close()
    """

    output_media = frozenset({"text"})

    def __init__(self, name: str, settings: Settings) -> None:
        """Check the settings; nothing is sent yet."""
        self.client = ChatClient(name, settings)
        self.input_media = frozenset(settings.input_media or ("text", "image"))
        self.batch_size = max(64, 4 * settings.concurrency)
        self._pool = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="generalbench-openai")

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Answer the requests, in order."""
        try:
            return list(self._pool.map(self.client.answer, requests))
        except BaseException:
            # Ctrl-C: threads that wait or read would hold up the end of the session. No request raises.
            self.close()
            raise

    def shown(self, request: Request) -> str:
        """Return the messages that are sent, as JSON; media are named by their size."""
        return shown_messages(request, self.client.frames, self.client.video_as)

    @property
    def notes(self) -> tuple[str, ...]:
        """The parameters that the server refused, a line each."""
        return self.client.parameters.notes

    def identity(self) -> dict[str, Any]:
        """Return name, address and how media are given."""
        client = self.client
        entry: dict[str, Any] = {"class": "openai", "name": client.name, "base_url": client.url}
        if "video" in self.input_media:
            entry |= {"frames": client.frames, "video_as": client.video_as}
        return entry

    def close(self) -> None:
        """Stop waiting requests, and close the connections."""
        self.client.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
