"""The results of a run for a model's page on the Hub.

Two files: the metadata `model-index` of a model card, and `.eval_results/general-bench.yaml`, which the Hub
shows on the pages of the model and of the data set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from pytest_generalbench.core.errors import GeneralBenchError, MissingDependencyError
from pytest_generalbench.core.visible_text import visible_text
from pytest_generalbench.reports.level_words import interval_of_level
from pytest_generalbench.suite.level.result import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_generalbench.reports.official import ExportedRun
    from pytest_generalbench.runs.result_file import RunResult

CARD_FILE: Final = "model-index.yml"
RESULTS_FILE: Final = ".eval_results/general-bench.yaml"
_DATA_SETS: Final = {
    "open": "General-Level/General-Bench-Openset",
    "close": "General-Level/General-Bench-Closeset",
}
_NAME: Final = "General-Bench"


def export_model_card(run: ExportedRun, out: Path) -> list[str]:
    """Write both files of a run into `out`; return a line for each.

    Raises:
        GeneralBenchError: the run has not ended, is of demo data, or has no level.
    """
    if run.result is None:
        raise GeneralBenchError("the run has not ended: a model card is about a finished one")
    return write_model_card(run.result, out)


def write_model_card(result: RunResult, out: Path) -> list[str]:
    """Write both files into `out`; return a line for each.

    Raises:
        GeneralBenchError: the run is of demo data, or has no level.
    """
    if result.data.get("is_demo"):
        raise GeneralBenchError("the run is of demo data, which say nothing about the model: no model card")
    figures = list(_figures(result.level))
    if not figures:
        raise GeneralBenchError("the run has no level: there is nothing to put into a model card")
    out.mkdir(parents=True, exist_ok=True)
    card = out / CARD_FILE
    card.write_text(_dumped({"model-index": [_model(result, figures)]}), encoding="utf-8")
    entries = out / RESULTS_FILE
    entries.parent.mkdir(parents=True, exist_ok=True)
    entries.write_text(_dumped([_entry(result, *figure) for figure in figures]), encoding="utf-8")
    return [
        f"{card}: {len(figures)} figures for the metadata of a model card",
        f"{entries}: the same for the Hub's evaluation results",
    ]


def _dumped(content: Any) -> str:
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def _figures(level: Mapping[str, Any]) -> Iterator[tuple[str, float, str]]:
    """Yield name, value and note of each figure: tier, levels, and the mean points of each side."""
    if level.get("tier"):
        certified = level.get("certified_tier")
        sure = "" if certified is None else f"at 95 % at least Level-{certified}"
        yield "tier", float(level["tier"]), sure
    for name in LEVELS:
        if level.get(name) is not None:
            bounds = interval_of_level(level, name)
            note = f"95 % interval {bounds[0]:.2f} to {bounds[1]:.2f}" if bounds else ""
            yield name.lower(), round(float(level[name]), 4), note
    for one in level.get("modalities") or ():
        for paradigm in ("comprehension", "generation"):
            half = one.get(paradigm) or {}
            if half.get("scored") and half.get("S2") is not None:
                words = f"mean points of {half['scored']} of {half['tasks']} tasks"
                yield f"{one['modality']}_{paradigm}", round(float(half["S2"]), 4), words
    language = level.get("language") or {}
    if language.get("scored") and language.get("S_L") is not None:
        words = f"points of wins, {language['scored']} of {language['tasks']} tasks scored"
        yield "language", round(float(language["S_L"]), 4), words


def _notes(result: RunResult, note: str) -> str:
    level = result.level
    words = [note, str(level.get("qualified") or ""), f"{level.get('scoring')} scoring"]
    words += [f"SoTA table {level.get('sota')}", f"board {level.get('board')}", "pytest-generalbench"]
    return visible_text("; ".join(word for word in words if word), lines=False)


def _model(result: RunResult, figures: list[tuple[str, float, str]]) -> dict[str, Any]:
    split = str(result.data.get("split", "open"))
    metrics = [
        {"type": name, "value": value, "name": f"General-Level {name}", "verified": False}
        for name, value, _ in figures
    ]
    name = visible_text(str(result.model.get("name") or result.model.get("spec") or "model"), lines=False)
    return {
        "name": name,
        "results": [
            {
                "task": {"type": "any-to-any", "name": "Multimodal generality"},
                "dataset": {"type": _DATA_SETS[split], "name": _NAME, "split": split, "config": "default"},
                "metrics": metrics,
            }
        ],
    }


def _entry(result: RunResult, name: str, value: float, note: str) -> dict[str, Any]:
    data_set = _DATA_SETS[str(result.data.get("split", "open"))]
    entry: dict[str, Any] = {"dataset": {"id": data_set, "task_id": name}, "value": value}
    started = result.run.get("started")
    if started:
        entry["date"] = str(started)
    return {**entry, "notes": _notes(result, note)}


def push_model_card(out: Path, repo: str) -> str:
    """Send what `export_model_card` wrote to a model repository of the Hub, as a pull request.

    Args:
        out: The folder of the export.
        repo: `user/model`; the token is that of `huggingface-cli login`, or `HF_TOKEN`.

    Returns:
        A line with the address of the pull request.

    Raises:
        GeneralBenchError: the Hub refuses it.
        MissingDependencyError: huggingface_hub is not installed.
    """
    try:
        from huggingface_hub import HfApi, metadata_update
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError as error:
        raise MissingDependencyError("huggingface_hub", "hub", "--push") from error
    words = "General-Bench results"
    try:
        given = HfApi().upload_file(
            path_or_fileobj=(out / RESULTS_FILE).read_bytes(),
            path_in_repo=RESULTS_FILE,
            repo_id=repo,
            create_pr=True,
            commit_message=words,
        )
        card = yaml.safe_load((out / CARD_FILE).read_text(encoding="utf-8"))
        # A second commit to the same pull request; figures of an earlier push are replaced.
        metadata_update(repo, card, revision=given.pr_revision, overwrite=True, commit_message=words)
    except (HfHubHTTPError, ValueError, OSError) as error:
        raise GeneralBenchError(f"{repo} cannot be written: {' '.join(str(error).split())[:300]}") from error
    return f"pull request: {given.pr_url}"
