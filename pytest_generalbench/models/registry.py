"""Registry of model kinds: a specification such as `hf:NAME` or `baseline:oracle` becomes a model."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import ModelError, UnknownWordError
from pytest_generalbench.core.options import MODEL_OPTIONS, Option, settings_of
from pytest_generalbench.core.registry import Registry
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models.base import model_errors
from pytest_generalbench.models.baselines import BASELINES, split_baseline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_generalbench.models.base import Model


@dataclass(frozen=True, slots=True)
class ModelKind:
    """A kind of model: how its specification is checked, and how the model is loaded."""

    make: Callable[[str, Settings, Path], Model]
    """Called with what follows the colon, the settings, and the folder the run was started in."""
    check: Callable[[str, Path], None] = lambda target, folder: None
    """Raises ModelError for a target that cannot work; cheap, nothing is loaded."""
    identify: Callable[[str, Settings], dict[str, Any] | None] = lambda target, settings: None
    """Returns what tells the weights of a target that is no folder from others without loading them; None
    when it cannot."""
    uses_gpu: bool = True
    """Whether a worker with such a model is given GPUs of its own."""
    is_instant: bool = False
    """Whether answers take no time, so that nothing is gained by scoring beside the model."""
    is_greedy: bool = False
    """Whether answers in text are the likeliest words, or fixed, so that another seed changes nothing."""
    is_cacheable: bool = True
    """Whether its answers go into the answer cache; those that look at references never do."""
    batch_size: int | None = None
    """Requests that its models are given at once, where that is known before one is loaded; for plans."""


def _make_baseline(target: str, settings: Settings, folder: Path) -> Model:
    from pytest_generalbench.models.baselines import make_baseline

    return make_baseline(target)


def _check_baseline(target: str, folder: Path) -> None:
    split_baseline(target)


def _make_predictions(target: str, settings: Settings, folder: Path) -> Model:
    from pytest_generalbench.models.predictions import Predictions

    return Predictions(folder / target)


def _check_predictions(target: str, folder: Path) -> None:
    if not (folder / target).is_dir():
        raise ModelError(f"predictions:{target}: there is no such folder")


def _make_python(target: str, settings: Settings, folder: Path) -> Model:
    from pytest_generalbench.models.python import make_python_model

    return make_python_model(target, folder)


def _check_python(target: str, folder: Path) -> None:
    from pytest_generalbench.models.python import split_target

    where, _ = split_target(target)
    if where.endswith(".py") and not (folder / where).is_file():
        raise ModelError(f"python:{target}: there is no file {where}")


def _make_hf(target: str, settings: Settings, folder: Path) -> Model:
    from pytest_generalbench.models.transformers.loader import make_transformers_model

    return make_transformers_model(target, settings, folder)


def _make_diffusers(target: str, settings: Settings, folder: Path) -> Model:
    from pytest_generalbench.models.diffusers import make_diffusers_model

    return make_diffusers_model(target, settings, folder)


def _make_openai(target: str, settings: Settings, folder: Path) -> Model:
    from pytest_generalbench.models.openai.model import OpenAIModel

    return OpenAIModel(target, settings)


def _check_named(kind: str, target: str, folder: Path) -> None:
    if not target.strip():
        raise ModelError(f"{kind}: needs the name of a model, as in {kind}:org/name")


def _make_vllm(target: str, settings: Settings, folder: Path) -> Model:
    from pytest_generalbench.models.vllm import make_vllm_model

    return make_vllm_model(target, settings, folder)


def _identify_repository(target: str, settings: Settings) -> dict[str, Any] | None:
    """Return the identity of a hub repository: the commit in the local cache."""
    revision = getattr(settings, "revision", None)
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    for name in ("config.json", "model_index.json"):
        path = try_to_load_from_cache(target, name, revision=revision)
        if isinstance(path, str):
            return {"repository": target, "commit": Path(path).parent.name}
    return None


def _check_saved(kind: str, file: str, target: str, folder: Path) -> None:
    """Check a repository name, or a folder in which a saved model's `file` must lie."""
    if not target:
        raise ModelError(f"{kind}: needs a model name or folder, as in {kind}:org/name or {kind}:./folder")
    path = folder / target
    if path.is_dir():
        if not (path / file).is_file():
            raise ModelError(f"{kind}:{target}: the folder has no {file}, so it is not a saved model")
    elif target.startswith((".", "/", "~")):
        raise ModelError(f"{kind}:{target}: there is no such folder")


BUILT_IN_KINDS: Final[Mapping[str, ModelKind]] = {
    "baseline": ModelKind(
        _make_baseline, _check_baseline, uses_gpu=False, is_instant=True, is_cacheable=False, batch_size=256
    ),
    "diffusers": ModelKind(
        _make_diffusers,
        partial(_check_saved, "diffusers", "model_index.json"),
        _identify_repository,
        batch_size=1,
    ),
    "hf": ModelKind(
        _make_hf, partial(_check_saved, "hf", "config.json"), _identify_repository, is_greedy=True
    ),
    "openai": ModelKind(_make_openai, partial(_check_named, "openai"), uses_gpu=False, batch_size=64),
    "predictions": ModelKind(
        _make_predictions, _check_predictions, uses_gpu=False, is_instant=True, is_greedy=True, batch_size=256
    ),
    "python": ModelKind(_make_python, _check_python),
    "vllm": ModelKind(
        _make_vllm,
        partial(_check_saved, "vllm", "config.json"),
        _identify_repository,
        is_greedy=True,
        batch_size=256,
    ),
}

REGISTRY: Registry[ModelKind] = Registry("model kind", BUILT_IN_KINDS)
"""Every kind of specification; those of hooks are removed when their session ends."""


def model_kinds() -> Mapping[str, ModelKind]:
    """Return every kind of specification, those of plugins included."""
    return REGISTRY.entries()


def register(name: str, kind: ModelKind) -> None:
    """Add a kind of model specification.

    Raises:
        GeneralBenchError: the name is taken.
    """
    REGISTRY.add(name, kind)


def split_spec(spec: str, folder: Path) -> tuple[str, str]:
    """Split a specification at its first colon; a bare name or folder means `hf:`."""
    kind, colon, target = spec.partition(":")
    if colon and kind in REGISTRY:
        return kind, target
    # `oracle` or `hf` alone is a slip, not the name of a repository.
    is_slip = spec in REGISTRY or bool(get_close_matches(spec, BASELINES, n=1, cutoff=0.8))
    if not colon and not is_slip and not spec.startswith("-"):
        return "hf", spec
    forms = {
        "hf": "NAME_OR_DIR",
        "diffusers": "NAME_OR_DIR",
        "openai": "MODEL",
        "vllm": "NAME_OR_DIR",
        "predictions": "DIR",
        "python": "path.py:factory",
    }
    kinds = [f"{name}:{forms.get(name, '…')}" for name in REGISTRY.entries() if name != "baseline"]
    raise UnknownWordError("model", spec, [*kinds, *(f"baseline:{name}" for name in BASELINES)])


def check_spec(spec: str, folder: Path) -> None:
    """Raise GeneralBenchError when the specification cannot work; nothing heavy is loaded."""
    kind, target = split_spec(spec, folder)
    REGISTRY.get(kind).check(target, folder)


def kind_of(spec: str, folder: Path) -> ModelKind:
    """Return the kind of a specification; relative folders are looked up from `folder`.

    Raises:
        UnknownWordError: there is no such kind.
    """
    return REGISTRY.get(split_spec(spec, folder)[0])


@contextmanager
def open_model(
    spec: str, folder: str | Path | None = None, **options: str | int | bool | None
) -> Iterator[Model]:
    """Load a model by its specification, and close it at the end of the block.

    Args:
        spec: As for `--generalbench-model`: `hf:NAME`, `openai:MODEL`, `python:FILE:FACTORY`, …
        folder: Where relative files are looked up; None is the working directory.
        options: The model's options (`MODEL_OPTIONS`) by setting name, such as `base_url="http://…"`; None
            is as not given.

    Yields:
        The model.

    Raises:
        GeneralBenchError: the specification or an option cannot work.
        ModelError: the model's own code raised.
    """
    place = Path(folder) if folder is not None else Path.cwd()
    by_name = {option.setting: option for option in MODEL_OPTIONS}
    for name in options:
        if name not in by_name:
            raise UnknownWordError("model option", name, by_name)

    def given(option: Option) -> str | bool | None:
        value = options.get(option.setting)
        return value if value is None or isinstance(value, bool) else str(value)

    settings = Settings(spec, **settings_of(MODEL_OPTIONS, given, place))
    check_spec(spec, place)
    with model_errors(spec):
        model = make_model(settings, place)
    try:
        yield model
    finally:
        with model_errors("close"):
            model.close()


def make_model(settings: Settings, folder: Path) -> Model:
    """Load the model that the settings name; `folder` is the working directory of the run."""
    kind, target = split_spec(settings.model, folder)
    return REGISTRY.get(kind).make(target, settings, folder)
