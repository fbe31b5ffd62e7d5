"""A repository's own tests and the benchmark in one session."""

from __future__ import annotations

import pytest

OWN = """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_own(number):
    assert number != 2
"""
MODEL = "--generalbench-model=baseline:constant"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_path_of_own_tests_runs_beside_the_benchmark(pytester: pytest.Pytester, workers: str) -> None:
    pytester.makepyfile(**{"own/test_own": OWN})
    done = pytester.runpytest_subprocess(
        "own", MODEL, "-n", workers, "-k", "own or causal-reasoning", "--generalbench-run=run"
    )
    done.assert_outcomes(passed=2, failed=1)
    done.stdout.fnmatch_lines(["*2 scored*"])
    assert done.ret == 1


def test_the_benchmark_is_whole_beside_own_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(**{"own/test_own": OWN})
    done = pytester.runpytest_subprocess("own", MODEL, "--collect-only", "-q")
    done.stdout.fnmatch_lines(["702 tests collected*"])


def test_a_pasted_node_id_is_that_item_alone(pytester: pytest.Pytester) -> None:
    listed = pytester.runpytest_subprocess(MODEL, "--collect-only", "-q", "-k", "causal-reasoning")
    name = next(line for line in listed.outlines if line.endswith("[nlp/causal-reasoning]"))
    done = pytester.runpytest_subprocess(name, MODEL, "--collect-only", "-q")
    done.stdout.fnmatch_lines(["1 test collected*"])


def test_without_the_option_own_tests_run_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(**{"own/test_own": OWN})
    done = pytester.runpytest_subprocess("own")
    done.assert_outcomes(passed=2, failed=1)
