"""A launch whose model is served: the shards are its clients."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import pytest_generalbench as gb
from pytest_generalbench.runs.result_file import comparable, read_result
from tests.launch.launches import kill, when_answering
from tests.models.served import Said, serve, words

FEW = ("-q", "-p", "no:cacheprovider", "-k", "nlp and reasoning", "--generalbench-gpus-per-worker=0")

PACE = ("--generalbench-concurrency=2", "--generalbench-batch-size=2")


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="tells processes by /proc")
def test_two_clients_of_one_server_one_of_them_killed(tmp_path: Path) -> None:
    delay = [0.0]

    def answer(body: dict[str, object], before: int) -> Said:
        time.sleep(delay[0])
        return Said("ABCD"[len(words(body)) % 4])

    with serve(answer) as served:
        arguments = ("--generalbench-model=openai:tiny", f"--generalbench-base-url={served.url}", *FEW, *PACE)
        one = gb.plan_launch("local", arguments, tmp_path / "one", shards=1, directory=tmp_path)
        assert gb.run_launch(one).exit_code == 0
        delay[0] = 0.1
        two = gb.plan_launch("local", arguments, tmp_path / "two", shards=2, directory=tmp_path)
        killer = when_answering(tmp_path / "two", 1, kill)
        assert gb.run_launch(two).exit_code == 0
        killer.join()
    results = [read_result(tmp_path / name / "merged") for name in ("one", "two")]
    assert results[0].counts == {"scored": 10}
    assert comparable(results[0]) == comparable(results[1])
    assert [len(status.shards) for status in map(gb.launch_status, (tmp_path / "one", tmp_path / "two"))] == [
        1,
        2,
    ]
