"""What one instance's data make a protocol raise costs that instance alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import AmbiguousReferenceError, DataError, ReferenceFormatError
from pytest_generalbench.protocols.guard import context_of, one_instance, reference_of
from pytest_generalbench.protocols.references import hold_for_nearly_all, without_stray
from tests.builders import make_task
from tests.protocols.questions import an_instance

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance

CHOICE = protocols.get("multiple_choice")
TASK = make_task(protocol="multiple_choice")
OPTIONS = {"question": "Which?", "options": ["one", "two", "three"]}


def asked(*answers: Any) -> list[Instance]:
    return [an_instance(OPTIONS, {"answer": answer}, f"q{place}") for place, answer in enumerate(answers)]


def test_a_lone_contradiction_is_a_stray() -> None:
    instances = asked(1, 2, 3, 1, 2, 3, 3, 0, 1)
    context = context_of(CHOICE, TASK, {}, instances)
    assert list(context.strays) == ["q7"]
    assert [reference_of(CHOICE, one, context) for one in instances[:3]] == [("A",), ("B",), ("C",)]
    with pytest.raises(
        ReferenceFormatError, match=r"'q7'.*fits nothing that all others agree on.*index_base"
    ):
        reference_of(CHOICE, instances[7], context)


@pytest.mark.parametrize(
    "answers",
    [
        (1, 2, 3, 0, 1, 2),  # too few
        (1, 2, 3, 0, 1, 2, 3, 0, 1, 2),  # two against two
        (1, 2, 1, 2, 1, 2, 1, 2, 1, 2),  # nothing says it, with any of them or without
    ],
)
def test_what_is_open_without_a_stray_is_refused(answers: tuple[int, ...]) -> None:
    with pytest.raises(AmbiguousReferenceError):
        context_of(CHOICE, TASK, {}, asked(*answers))


def test_a_stray_is_found_in_a_long_file() -> None:
    instances = asked(*([1, 2, 3] * 200), 0, *([3, 2, 1] * 111))
    assert list(context_of(CHOICE, TASK, {}, instances).strays) == ["q600"]


class Fragile(type(CHOICE)):  # type: ignore[misc]
    """Fails at an instance that says so."""

    def context(self, task: Any, header: Any, instances: Any) -> Any:
        """Fail at any such instance."""
        for one in instances:
            if one.reference == {"answer": "fail"}:
                raise OverflowError("cannot convert float infinity to integer")
        return super().context(task, header, instances)


def test_an_instance_that_makes_the_context_fail_is_left_out() -> None:
    instances = asked("A", "fail", "B")
    assert context_of(Fragile(), TASK, {}, instances) == context_of(CHOICE, TASK, {}, asked("A", "B"))


def test_a_context_that_fails_without_a_culprit_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Any, task: Any, header: Any, instances: Any) -> Any:
        if len(instances) > 1:
            raise TypeError("all\ntogether")

    monkeypatch.setattr(Fragile, "context", fail)
    with pytest.raises(DataError, match=r"cannot be read \(TypeError: all together\)"):
        context_of(Fragile(), TASK, {}, asked("A", "B"))


def test_a_fault_names_the_instance() -> None:
    (instance,) = asked("A")
    with (
        pytest.raises(ReferenceFormatError, match=r"'q0'.*cannot be read \(ZeroDivisionError"),
        one_instance(instance),
    ):
        _ = 1 / 0


def test_without_stray() -> None:
    given: list[Any] = [(None, value) for value in (1, 2, "x", 3)]
    assert [value for _, value in without_stray(given, lambda value: isinstance(value, int))] == [1, 2, 3]
    for whole in (given[:3], [*given, (None, "y")], given[:2]):
        assert without_stray(whole, lambda value: isinstance(value, int)) == whole
    assert hold_for_nearly_all([True])
    assert hold_for_nearly_all([True, True, True, False])
    assert not any(map(hold_for_nearly_all, ([], [False], [True, False], [True] * 3 + [False] * 2)))
