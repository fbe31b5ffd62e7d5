"""The loop that the plugin is compared with: `python -m benchmarks.bare_loop DATA` prints its seconds."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from benchmarks.tiny_model import TinyModel
from pytest_generalbench import protocols
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.data import open_data

TASK = "nlp/causal-reasoning"


def main(folder: str) -> None:
    tasks = registry.load_tasks()
    task = next(item for item in tasks if item.id == TASK)
    data = open_data(Path(folder), "open", tasks).load(task)
    assert data is not None
    protocol = protocols.get(task.protocol)
    context = protocol.context(task, data.header, data.instances)
    requests = [protocol.request(instance, context) for instance in data.instances]
    requests.sort(key=lambda request: (-len(request.text), request.instance_id))
    model = TinyModel()
    started = time.perf_counter()
    answers: list[str] = []
    for start in range(0, len(requests), model.batch_size):
        answers += model.generate(requests[start : start + model.batch_size])
    print(time.perf_counter() - started)  # noqa: T201 - what this is for
    assert len(answers) == len(requests)


if __name__ == "__main__":
    main(sys.argv[1])
