"""`export --push` against a Hub on loopback: what is sent is what was written."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import pytest_generalbench as gb
from pytest_generalbench.reports.model_card import write_model_card
from tests.reports.made_runs import CAUSAL, made_run, scored_rows
from tests.reports.test_model_card import DATA, LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUSH = """
import sys
from pathlib import Path

import pytest_generalbench as gb

print(gb.push_model_card(Path(sys.argv[1]), "me/model"))
"""


class Hub(BaseHTTPRequestHandler):
    """Takes commits and keeps their files; the repository has what `files` had before."""

    files: dict[str, str]
    paths: list[str]

    def reply(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Error-Code", "EntryNotFound" if status == 404 else "")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        if "/resolve/" not in self.path or name not in self.files:
            self.reply(404, {"error": "Entry not found"})
            return
        body = self.files[name].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"a"')
        self.send_header("X-Repo-Commit", "a" * 40)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.paths.append(self.path)
        if "/preupload/" in self.path:
            names = [one["path"] for one in json.loads(body)["files"]]
            self.reply(
                200,
                {"files": [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]},
            )
        elif "/commit/" in self.path:
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    self.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"]).decode()
            here = f"http://{self.headers['Host']}/me/model"
            self.reply(
                200,
                {
                    "commitUrl": f"{here}/commit/a",
                    "commitOid": "a",
                    "pullRequestUrl": f"{here}/discussions/1",
                },
            )
        else:
            self.reply(200, {"errors": [], "warnings": []})

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[tuple[str, type[Hub]]]:
    """Return the address of a Hub, and what it was sent."""

    class Own(Hub):
        files: dict[str, str] = {}  # noqa: RUF012
        paths: list[str] = []  # noqa: RUF012

    server = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", Own
    server.shutdown()
    server.server_close()


EARLIER = """---
model-index:
- name: hf:me/model
  results:
  - task: {type: any-to-any, name: Multimodal generality}
    dataset: {type: General-Level/General-Bench-Openset, name: General-Bench, split: open, config: default}
    metrics:
    - {type: s2, value: 0.5, name: General-Level s2, verified: false}
---
The words of the model's own page.
"""


@pytest.mark.parametrize("before", [{}, {"README.md": EARLIER}], ids=["first", "again"])
def test_a_pull_request_has_the_results_and_the_metadata(
    hub: tuple[str, type[Hub]], tmp_path: Path, before: dict[str, str]
) -> None:
    url, sent = hub
    sent.files.update(before)
    rows = {CAUSAL: scored_rows([1.0, 0.0])}
    run = made_run(tmp_path / "run", rows, level=LEVEL, data=DATA, model={"spec": "hf:me/model"})
    out = tmp_path / "out"
    write_model_card(gb.load_run(run).result, out)
    given = {
        **os.environ,
        "HF_ENDPOINT": url,
        "HF_TOKEN": "hf_x",
        "HF_HOME": str(tmp_path),
        "HF_HUB_OFFLINE": "0",
    }
    command = [sys.executable, "-c", PUSH, str(out)]
    done = subprocess.run(command, env=given, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    commits = [path for path in sent.paths if "/commit/" in path]
    # One pull request: it is opened by the first commit, and the second goes into it.
    assert [path.partition("/commit/")[2] for path in commits] == [
        "main?create_pr=1",
        "refs%2Fpr%2F1",
    ]
    assert done.stdout == f"pull request: {url}/me/model/discussions/1\n"
    written = (out / ".eval_results" / "general-bench.yaml").read_text(encoding="utf-8")
    assert sent.files[".eval_results/general-bench.yaml"] == written
    card = yaml.safe_load(sent.files["README.md"].split("---")[1])
    figures = {
        one["type"]: one["value"] for result in card["model-index"][0]["results"] for one in result["metrics"]
    }
    assert figures["s2"] == round(LEVEL["S2"], 4)
    assert ("The words of the model's own page." in sent.files["README.md"]) == bool(before)
