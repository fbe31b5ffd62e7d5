"""The instances of a file, each made when it is first asked for."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_generalbench.core.request import UnopenedInstance
from pytest_generalbench.suite.data.read import instances as module
from pytest_generalbench.suite.data.read.instances import FileInstances
from pytest_generalbench.suite.selection import limited
from tests.data.trees import Tree, question


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the instances that are made while a test runs."""
    ids: list[str] = []

    def make(instance_id: str, *rest: object) -> UnopenedInstance:
        ids.append(instance_id)
        return UnopenedInstance(instance_id, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "UnopenedInstance", make)
    return ids


def test_a_limit_makes_the_chosen_instances_alone(tree: Tree, made: list[str]) -> None:
    data = tree.causes(*map(question, range(50)))
    (chosen,) = limited(data.instances, 1)
    assert len(data.instances) == 50
    assert set(made) <= {chosen.id, "q0"}  # the first is looked at, for whether the file has references
    assert list(limited(tuple(data.instances), 1)) == [chosen]


def test_each_instance_is_made_once(tree: Tree, made: list[str]) -> None:
    data = tree.causes(*map(question, range(5)))
    first, second = list(data.instances), list(data.instances)
    assert all(one is other for one, other in zip(first, second, strict=True))
    assert made == [f"q{number}" for number in range(5)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(count=st.integers(1, 6), start=st.integers(-8, 8), stop=st.integers(-8, 8))
def test_places_and_slices_are_those_of_a_tuple(tree: Tree, count: int, start: int, stop: int) -> None:
    instances = tree.causes(*map(question, range(count))).instances
    assert isinstance(instances, FileInstances)
    plain = tuple(instances)
    assert list(instances.ids) == [instance.id for instance in plain]
    assert instances[start:stop] == plain[start:stop]
    assert tuple(reversed(instances)) == plain[::-1]
    if -count <= start < count:
        assert instances[start] is plain[start]
    else:
        with pytest.raises(IndexError):
            instances[start]
