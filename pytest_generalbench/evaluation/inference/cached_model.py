"""A model behind the answer cache; it is loaded only when the cache lacks an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.outputs import StructuredOutput
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.base import Failed, Model, ReferenceSheet
from pytest_generalbench.runs.answer_cache import AnswerCache, CacheKey, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_generalbench.core.task import Task

_ATTRIBUTES: Final = ("batch_size", "coordinates", "deterministic")
_MEDIA: Final = ("input_media", "output_media")


class CachedModel(Model):
    """Answers from the cache where it can, and runs the model for the rest.

    Attributes:
        hits: requests answered from the cache, by task, instance and repeat.
        asked: requests that the model was asked.
        off: why nothing is cached, None when it is.
    """

    def __init__(
        self,
        make: Callable[[], Model],
        identify: Callable[[], dict[str, Any] | None],
        backend: Mapping[str, Any],
        cache: AnswerCache,
        keep_all: bool,
    ) -> None:
        """Prepare the cache; the model is loaded on first use where its identity is known without loading.

        Args:
            make: loads the model.
            identify: returns what tells its weights from others without loading them, None when it cannot.
            backend: versions, hardware and settings that its answers depend on.
            cache: where the answers lie.
            keep_all: whether answers that may differ each time are kept too.
        """
        self._make, self._identify = make, identify
        self._backend = dict(backend)
        self._cache = cache
        self._keep_all = keep_all
        self._real: Model | None = None
        self._task: Task | None = None
        self._sheet: ReferenceSheet | None = None
        self._begun: str | None = None
        self.hits: set[tuple[str, str, int]] = set()
        self.asked: set[tuple[str, str, int]] = set()
        self.off: str | None = None
        self._name = self._named()
        self._description = self._described()
        self._adopt(self._description)

    def _named(self) -> str:
        """Return the digest of the model's identity; load the model when that is the only way to know it."""
        entry = self._identify()
        if entry is None:
            real = self._loaded()
            entry = self._identify()  # what was downloaded just now can be told
            if entry is None:
                entry = {**real.identity(), "device": None}
                if not real.knows_itself:
                    self.off = (
                        "nothing is cached: the model does not say who it is; give it identity(), which "
                        "returns what tells its weights from others"
                    )
        return digest({"weights": entry, **self._backend})

    def _described(self) -> dict[str, Any]:
        """Return the model's description, from the cache or from the model itself."""
        known = self._cache.description(self._name)
        if known is not None and self._real is None:
            return known
        real = self._loaded()
        description: dict[str, Any] = {key: getattr(real, key) for key in _ATTRIBUTES}
        description |= {key: sorted(getattr(real, key)) for key in _MEDIA}
        description |= {"identity": real.identity(), "backend": self._backend, "weights": self._identify()}
        if self.off is None:
            self._cache.describe(self._name, description)
        return description

    def _adopt(self, description: Mapping[str, Any]) -> None:
        self.batch_size, self.coordinates = description["batch_size"], description["coordinates"]
        self.deterministic = description["deterministic"]
        self.input_media, self.output_media = (
            frozenset(description["input_media"]),
            frozenset(description["output_media"]),
        )
        if self.off is None and not (self.deterministic or self._keep_all):
            self.off = (
                "nothing is cached: the model may answer differently each time; --generalbench-cache-all "
                "caches its answers all the same"
            )

    def _loaded(self) -> Model:
        if self._real is None:
            self._real = self._make()
        return self._real

    def begin(self, task: Task, sheet: ReferenceSheet | None) -> None:
        """Remember the task; the model's `begin` is called with its first request."""
        self._task, self._sheet = task, sheet

    def unsupported(self, task: Task) -> str | None:
        """Return the cached reason why the model does not support the task, else ask the model."""
        name = digest([self._name, task.id, task.inputs, task.output])
        known = self._cache.description(name) if self.off is None else None
        if known is None or "unsupported" not in known:
            known = {"unsupported": self._loaded().unsupported(task)}
            if self.off is None:
                self._cache.describe(name, known)
        value: str | None = known["unsupported"]
        return value

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Return cached answers, run the model for the rest, and store its answers."""
        keys = [self._key(request) for request in requests]
        result = [None if key is None else self._cache.get(key) for key in keys]
        missing = [request for request, output in zip(requests, result, strict=True) if output is None]
        fresh = iter(self._ask(missing))
        answers: list[Output | Failed] = []
        for request, key, held in zip(requests, keys, result, strict=True):
            place = (request.task_id, request.instance_id, request.repeat)
            if held is not None:
                self.hits.add(place)
                answers.append(_marked(held, key, is_hit=True))
                continue
            self.asked.add(place)
            given = next(fresh)
            answers.append(self._keep(key, given))
        return answers

    def _ask(self, requests: Sequence[Request]) -> list[Any]:
        if not requests:
            return []
        real = self._loaded()
        if self._task is not None and self._begun != self._task.id:
            real.begin(self._task, self._sheet)
            self._begun = self._task.id
        given = list(real.generate(requests))
        if len(given) != len(requests):
            raise GeneralBenchError(f"the model returned {len(given)} outputs for {len(requests)} requests")
        return given

    def _key(self, request: Request) -> CacheKey | None:
        if self.off is not None or self._task is None:
            return None
        protocol = protocols.get(self._task.protocol)
        try:
            return self._cache.key(request, self._name, f"{protocol.name}/{protocol.version}")
        except OSError:
            return None  # the model says what is wrong with the medium

    def _keep(self, key: CacheKey | None, given: Any) -> Any:
        if isinstance(given, str):
            given = Output(given)
        elif isinstance(given, StructuredOutput):
            given = Output(medium=given.medium, answer=given)
        if key is None or not isinstance(given, Output):
            return given
        try:
            self._cache.put(key, given)
        except (OSError, GeneralBenchError):
            return given  # a cache that cannot be written costs no answer
        return _marked(given, key, is_hit=False)

    @property
    def cache_counts(self) -> tuple[int, int]:
        """The number of instances answered from the cache and by the model."""
        return len(self.hits), len(self.asked)

    @property
    def knows_itself(self) -> bool:
        """Whether the model's identity distinguishes its weights from others."""
        return self.off is None

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of the model, when it was loaded."""
        return () if self._real is None else self._real.notes

    def identity(self) -> dict[str, Any]:
        """Return the model's identity, or the one it had when it was loaded last."""
        value: dict[str, Any] = self._description["identity"]
        return value

    def close(self) -> None:
        """Close the model, when it was loaded."""
        if self._real is not None:
            self._real.close()


def _marked(output: Output, key: CacheKey | None, *, is_hit: bool) -> Output:
    """Return the output with its key, which the ledger keeps and `cache explain` reads."""
    entry = {"is_hit": is_hit, **(key.to_dict() if key else {})}
    return Output(
        text=output.text,
        medium=output.medium,
        answer=output.answer,
        refused=output.refused,
        details={**output.details, "cache": entry},
    )
