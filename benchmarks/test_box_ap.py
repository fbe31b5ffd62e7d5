"""AP of 500 images with 20 boxes each beside pycocotools, in one run: a ratio, since times vary by machine.

Run it by name: `pytest benchmarks/test_box_ap.py -s`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench import metrics
from pytest_generalbench.core.outputs.forms.boxes import Detection
from pytest_generalbench.metrics.detection.boxes import TrueBox
from tests.metrics.coco import BoxPair, box_annotations, evaluated, seeded

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

IMAGES, BOXES, ROUNDS = 500, 20, 5


def _images(classes: str) -> list[BoxPair]:
    rng = seeded("speed")
    pairs: list[BoxPair] = []
    for _ in range(IMAGES):
        truth = tuple(
            TrueBox(
                rng.uniform(0, 600),
                rng.uniform(0, 400),
                rng.uniform(10, 90),
                rng.uniform(10, 90),
                label=rng.choice(classes),
            )
            for _ in range(BOXES)
        )
        answer = tuple(
            Detection(
                box.x + rng.gauss(0, 6),
                box.y + rng.gauss(0, 6),
                box.width,
                box.height,
                label=box.label,
                score=rng.random(),
            )
            for box in truth
        )
        pairs.append((answer, truth))
    return pairs


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("classes", ["a", "abcdefgh"], ids=["one class", "eight classes"])
def test_average_precision_beside_pycocotools(classes: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pycocotools")
    pairs = _images(classes)
    truth, result = box_annotations(pairs)

    def ours() -> float:
        accumulator = metrics.make("box_ap50")
        for prediction, reference in pairs:
            accumulator.add(prediction, reference)
        return accumulator.result().score

    def theirs() -> float:
        return float(evaluated(IMAGES, truth, result, "bbox", 0.5).eval["precision"].mean())

    assert ours() == pytest.approx(100 * theirs(), abs=1e-9)
    own, other = _best(ours), _best(theirs)
    with capsys.disabled():
        print(  # noqa: T201 - the figure is what this is for
            f"\n{IMAGES} images, {BOXES} boxes, {len(classes)} classes: {own * 1000:.0f} ms, "
            f"pycocotools {other * 1000:.0f} ms, ratio {own / other:.2f}"
        )
