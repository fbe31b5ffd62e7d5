"""References that are read while a task is prepared, and not again to score it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench import protocols
from pytest_generalbench.evaluation.scoring import kept_references
from pytest_generalbench.evaluation.scoring.kept_references import KeptReferences
from pytest_generalbench.metrics.detection.boxes import TrueBox
from tests.builders import TASK, make_instance
from tests.fakes import FakeModel, evaluation

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.protocols import TaskContext

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
REFERENCES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4).map(tuple), max_leaves=12)


@given(st.lists(REFERENCES, max_size=8))
def test_what_cannot_be_changed_is_kept_as_it_is(references: list[Any]) -> None:
    kept = KeptReferences()
    for number, reference in enumerate(references):
        kept.add(str(number), reference)
    assert all(kept[str(number)] is reference for number, reference in enumerate(references))


@pytest.mark.parametrize(
    "reference", [["a"], {"a": 1}, np.zeros(3), ("a", ["b"]), ("a", np.zeros((2, 2))), {1}]
)
def test_what_can_be_changed_or_is_large_is_read_again(reference: Any) -> None:
    kept = KeptReferences()
    kept.add("1", reference)
    assert "1" not in kept
    with pytest.raises(KeyError):
        kept["1"]


def test_boxes_are_kept() -> None:
    boxes = (TrueBox(1.0, 2.0, 3.0, 4.0, "cat", False),)
    kept = KeptReferences()
    kept.add("1", boxes)
    assert kept["1"] is boxes


def test_the_room_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_references, "_ROOM", 10)
    kept = KeptReferences()
    kept.add("long", "x" * 1000)
    for number in range(20):
        kept.add(str(number), ("a",))
    assert "long" not in kept
    assert [str(number) in kept for number in range(20)] == [True] * 5 + [False] * 15


def test_a_task_reads_each_reference_once_and_has_the_same_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instances = [make_instance(number, "A" if number % 3 else "B") for number in range(9)]
    protocol = protocols.get(TASK.protocol)
    real, read = protocol.reference, Counter[str]()

    def reference(instance: Instance, context: TaskContext) -> Any:
        read[instance.id] += 1
        return real(instance, context)

    monkeypatch.setattr(protocol, "reference", reference)
    for name in ("once", "again"):
        (tmp_path / name).mkdir()
    model = FakeModel(lambda requests: ["A"] * len(requests))
    once = evaluation(tmp_path / "once", model, instances).run(TASK)
    assert read == {instance.id: 1 for instance in instances}
    monkeypatch.setattr(kept_references, "_ROOM", 0)
    again = evaluation(tmp_path / "again", model, instances).run(TASK)
    assert set(read.values()) == {3}
    assert (once.score, once.stderr, once.majority, once.rows) == (
        again.score,
        again.stderr,
        again.majority,
        again.rows,
    )
