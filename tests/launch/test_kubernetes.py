"""The manifest of an Indexed Job is one by Kubernetes' schema, and its script runs and resumes a shard."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_generalbench.runs.run_manifest import read_run
from tests.commands import put_commands

MANIFEST = Path(__file__).parents[2] / "packaging" / "kubernetes" / "job.yaml"

pytestmark = pytest.mark.skipif(not MANIFEST.is_file(), reason="a wheel has no manifest")


@pytest.fixture
def job() -> Any:
    return yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))


def test_it_is_a_job_by_the_schema(job: Any) -> None:
    schemas = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    schemas.validate(job, "1.33", strict=True)
    job["spec"]["completionsMode"] = "Indexed"
    with pytest.raises(schemas.ValidationError):
        schemas.validate(job, "1.33", strict=True)


def test_its_script_runs_a_shard_and_goes_on_with_it(tmp_path: Path, job: Any) -> None:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    (script,) = container["args"]
    assert f"--generalbench-shard=$shard/{job['spec']['completions']}" in script
    script = script.replace("/runs/today", str(tmp_path / "runs")).replace(
        "hf:org/name -n auto", "baseline:random"
    )
    environment = put_commands(tmp_path / "bin")
    environment |= {
        "JOB_COMPLETION_INDEX": "1",
        "PYTEST_ADDOPTS": "-q -p no:cacheprovider -k 'nlp and reasoning'",
    }
    for _ in range(2):
        command = [*container["command"], script]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    run = read_run(tmp_path / "runs" / "shard-2")
    assert (run.settings.shard, len(run.sessions), run.is_complete) == ("2/4", 2, True)
