"""Launches over a cluster of Ray on this machine, one of whose nodes dies."""

from __future__ import annotations

import random
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import pytest_generalbench as gb
from pytest_generalbench.launch.record import read_launch
from pytest_generalbench.runs.result_file import comparable, read_result
from tests.launch.launches import BATCH, asked_again, planned, when, when_answering, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

ray = pytest.importorskip("ray", reason="Ray is not installed (extra ray)")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a cluster: a head without processors, three nodes of one, with folders of their own."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("SLOW", "0.3")
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 80_000_000})
    made.workers = []
    for number in range(3):
        folder = tmp_path / f"node-{number}"
        folder.mkdir()
        made.workers.append(
            made.add_node(num_cpus=1, object_store_memory=80_000_000, env_vars={"TMPDIR": str(folder)})
        )
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


def test_a_node_that_dies_costs_a_batch(
    tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLOW")
    expected = whole(tmp_path)
    monkeypatch.setenv("SLOW", "0.3")
    place = random.Random(7).randrange(3)  # noqa: S311 - no secret

    def kill_a_node(job_id: str) -> None:
        cluster.remove_node(cluster.workers[place], allow_graceful=False)

    killer = when_answering(tmp_path / "out", 1, kill_a_node)
    lines: list[str] = []
    outcome = gb.run_launch(planned(tmp_path, "ray", shards=3), lines.append)
    killer.join()
    assert outcome.exit_code == 0, lines
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
    assert asked_again(tmp_path) <= BATCH
    jobs = read_launch(tmp_path / "out").jobs
    assert sorted(job.attempts for job in jobs) == [1, 1, 2]
    assert sum(job.lost_nodes for job in jobs) == 1, lines


def test_a_node_that_dies_with_its_folder_costs_what_came_since_the_last_checkpoint(
    tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLOW")
    expected = whole(tmp_path)
    monkeypatch.setenv("SLOW", "0.3")
    storage = gb.storage_at(f"file://{tmp_path}/store", every_s=1.0)

    def nodes() -> dict[int, list[Path]]:
        """Return the ledgers of each node."""
        ledgers = {at: list(tmp_path.glob(f"node-{at}/*/*/*/*/shard-*/ledger-*.jsonl")) for at in range(3)}
        return {at: paths for at, paths in ledgers.items() if paths}

    def lose_a_node(job_id: str) -> None:
        place = random.Random(7).choice(sorted(nodes()))  # noqa: S311 - no secret
        cluster.remove_node(cluster.workers[place], allow_graceful=False)
        shutil.rmtree(tmp_path / f"node-{place}", ignore_errors=True)

    def is_stored() -> bool:
        return len(nodes()) == 3 and len(list(tmp_path.glob("store/shard-*/checkpoints/*-000003.json"))) == 3

    killer = when(is_stored, tmp_path / "out", 1, lose_a_node)
    lines: list[str] = []
    outcome = gb.run_launch(planned(tmp_path, "ray", shards=3, storage=storage), lines.append)
    killer.join()
    assert outcome.exit_code == 0, lines
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
    assert sorted(job.attempts for job in read_launch(tmp_path / "out").jobs) == [1, 1, 2]
    # Of a checkpoint each second, three batches a second and what took its time to be written.
    assert 0 < asked_again(tmp_path) <= 8 * BATCH


@pytest.mark.parametrize("is_stored", [False, True])
def test_a_launch_is_cancelled(
    tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch, is_stored: bool
) -> None:
    monkeypatch.delenv("SLOW")
    expected = whole(tmp_path)
    monkeypatch.setenv("SLOW", "0.3")
    # Only what is stored at the end counts: no checkpoint is due before.
    storage = gb.storage_at(f"file://{tmp_path}/store") if is_stored else None
    ended = threading.Event()

    def cancel(job_id: str) -> None:
        gb.cancel_launch(tmp_path / "out")
        ended.set()

    when_answering(tmp_path / "out", 1, cancel, node=tmp_path)
    outcome = gb.run_launch(planned(tmp_path, "ray", shards=2, storage=storage))
    assert ended.wait(60)
    assert outcome.is_cancelled
    monkeypatch.delenv("SLOW")
    assert gb.run_launch(tmp_path / "out").exit_code == 0
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
    assert asked_again(tmp_path) <= 2 * BATCH
