from __future__ import annotations

import pytest

MODEL = "--generalbench-model=baseline:constant"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--generalbench-model=nonsense:x"], "unknown model 'nonsense:x'"),
        (["--generalbench-model=baseline:orakle"], "did you mean 'oracle'"),
        ([MODEL, "--generalbench-data=nowhere"], "nowhere"),
        ([MODEL, "--generalbench-board=B:imagery"], "did you mean 'B:image'"),
        ([MODEL, "--generalbench-limit=0"], "--generalbench-limit takes a whole number from 1"),
        ([MODEL, "--generalbench-limit=many"], "not 'many'"),
        ([MODEL, "--generalbench-limit=²"], "not '²'"),
        (["--generalbench-model=orakle"], "did you mean 'baseline:oracle'"),
        ([MODEL, "--generalbench-batch-size=-1"], "--generalbench-batch-size"),
        ([MODEL, "--generalbench-scoring=papers"], "did you mean 'paper'"),
        ([MODEL, "--generalbench-split=test"], "choose from: close, open"),
        ([MODEL, "--generalbench-sota=best"], "best"),
        ([MODEL, "--generalbench-data", "demo"], "--generalbench-data=demo with '='"),
        ([MODEL, "--dist", "each", "-n", "2"], "--dist each"),
    ],
)
def test_a_slip_is_one_line_and_exit_code_4(pytester: pytest.Pytester, args: list[str], words: str) -> None:
    result = pytester.runpytest_subprocess(*args, "-k", "causal-reasoning")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    lines = [line for line in result.errlines if line.startswith("ERROR: ")]
    assert len(lines) == 1
    assert words in lines[0]
    assert "Traceback" not in result.stderr.str() + result.stdout.str()
    assert not list(pytester.path.glob("generalbench-runs/*/*"))


def test_a_wrong_ini_value_is_refused_too(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\ngeneralbench_scoring = papers\n")
    result = pytester.runpytest_subprocess(MODEL)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "did you mean 'paper'" in result.stderr.str()


def test_a_run_folder_with_something_in_it_is_refused(pytester: pytest.Pytester) -> None:
    (pytester.path / "run").mkdir()
    (pytester.path / "run" / "old").touch()
    result = pytester.runpytest_subprocess(MODEL, "--generalbench-run=run", "-k", "causal-reasoning")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "is not empty" in result.stderr.str()
