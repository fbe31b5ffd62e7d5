"""Bird detection on real images, and all boxes of the demo set, through the command a user types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import metrics
from pytest_generalbench.core.outputs.forms.boxes import Detection
from pytest_generalbench.metrics.detection.boxes import TrueBox
from tests.metrics.coco import coco_box_ap

if TYPE_CHECKING:
    from tests.conftest import ReadResult

EXCERPT = Path(__file__).parents[3] / "shared" / "data" / "openset-excerpt"
BIRDS = EXCERPT / "image" / "comprehension" / "BirdDetection" / "bird_detection.json"

real_birds = pytest.mark.skipif(not BIRDS.is_file(), reason="the open-set excerpt is not beside the checkout")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LOCATED = ("box_ap50", "box_ap75", "box_dice", "box_accuracy50", "keypoint_ap50", "success_auc", "m_viou")

MODEL = '''
import json
import struct
from pathlib import Path

from pytest_generalbench.core.outputs.forms.boxes import Boxes, Detection

DATA = json.loads(Path("birds.json").read_text())["data"]
TRUTH = {item["id"]: item["output"]["text"]["bird"] for item in DATA}


def shifted(number, box):
    """Return boxes that lie beside the true one, some of them much too far."""
    x, y, width, height = box
    off = (number * 7) % 60
    yield [x + off, y + off // 2, width, height]
    if number % 3 == 0:
        yield [x, y, width, height]


class Shifted:
    """Answers with typed boxes."""

    input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
    output_media = frozenset({"text", "map"})
    scored = False

    def generate(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        number = sorted(TRUTH).index(request.instance_id)
        found = [box for true in TRUTH[request.instance_id] for box in shifted(number, true)]
        return Boxes(tuple(Detection(*box, "bird", number % 5 / 5 if self.scored else None) for box in found))


class Scored(Shifted):
    scored = True


class InText(Shifted):
    """Writes the same boxes as thousandths of the image, whose size it reads in the prompt."""

    output_media = frozenset({"text"})

    def answer(self, request):
        words = request.text.split()
        wide, high = int(words[words.index("wide") - 2]), int(words[words.index("high.") - 2])
        boxes = super().answer(request).boxes
        return json.dumps([
            {"bbox_2d": [1000 * b.x / wide, 1000 * b.y / high, 1000 * (b.x + b.width) / wide,
                         1000 * (b.y + b.height) / high], "label": "bird"} for b in boxes
        ])
'''


def run_birds(pytester: pytest.Pytester, model: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(
        f"--generalbench-data={EXCERPT}",
        f"--generalbench-model={model}",
        "--generalbench-run=run",
        "-k",
        "bird-detection",
    )


def expected(scored: bool) -> float:
    """Return the AP75 that pycocotools gives to the model's boxes."""
    data = json.loads(BIRDS.read_text(encoding="utf-8"))["data"]
    names = sorted(item["id"] for item in data)
    space: dict[str, Any] = {}
    source = MODEL[MODEL.index("def shifted") : MODEL.index("class Shifted")]
    exec(source, space)  # noqa: S102 - the text above
    pairs = []
    for item in data:
        number = names.index(item["id"])
        truth = item["output"]["text"]["bird"]
        score = number % 5 / 5 if scored else None
        boxes = [box for true in truth for box in space["shifted"](number, true)]
        answers = [Detection(x, y, width, height, "bird", score) for x, y, width, height in boxes]
        objects = tuple(TrueBox(x, y, width, height, "bird") for x, y, width, height in truth)
        pairs.append((tuple(answers), objects))
    return coco_box_ap(pairs, 0.75)


@real_birds
def test_the_oracle_finds_every_bird(pytester: pytest.Pytester, read_result: ReadResult) -> None:
    assert run_birds(pytester, "baseline:oracle").ret == 0
    (bird,) = read_result("run")["tasks"]
    assert (bird["state"], bird["score"], bird["metric"]) == ("scored", 100.0, "box_ap75")


@real_birds
@pytest.mark.parametrize("kind", ["Shifted", "Scored", "InText"])
def test_shifted_birds_score_what_pycocotools_gives_them(
    pytester: pytest.Pytester, read_result: ReadResult, kind: str
) -> None:
    pytester.path.joinpath("birds.json").write_bytes(BIRDS.read_bytes())
    pytester.makepyfile(shifting=MODEL)
    assert run_birds(pytester, f"python:shifting.py:{kind}").ret == 0
    (bird,) = read_result("run")["tasks"]
    wanted = expected(scored=kind == "Scored")
    assert 5 < wanted < 95
    assert bird["score"] == pytest.approx(wanted, abs=1e-9)
    assert bird["stderr"] > 0
    assert ("answers read as thousand_xyxy" in bird["definition"]) == (kind == "InText")


@pytest.mark.parametrize("kind", ["oracle", "random"])
def test_the_demo_set_has_a_best_and_a_worse_answer(
    pytester: pytest.Pytester, read_result: ReadResult, kind: str
) -> None:
    chosen = "object_detection or grounding or keypoint or tracking or detection"
    pytester.runpytest_subprocess(
        f"--generalbench-model=baseline:{kind}",
        "--generalbench-data=demo",
        "--generalbench-run=run",
        "-k",
        chosen,
    )
    tasks = [task for task in read_result("run")["tasks"] if task["metric"] in LOCATED]
    assert len(tasks) == 75
    assert {task["state"] for task in tasks} == {"scored"}
    for task in tasks:
        best = metrics.get(task["metric"]).best
        assert task["score"] == pytest.approx(best) if kind == "oracle" else task["score"] < 80.0, task


def test_bad_answers_are_unparsable_and_never_a_crash(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    pytester.makepyfile(
        bad="""
        from pytest_generalbench.core.outputs.forms.boxes import Boxes, FrameBoxes, OneBox, Tube
        from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box

        SAID = {
            "boxes": ['{"x": 1, "y": 1, "w": -5, "h": 2}', "[[1, 2, NaN, 4]]", "no", Tube(0, ())],
            "box": ["[1, 2]", Boxes(()), "x", "[]"],
            "keypoints": ['[{"keypoints": [1, 2, 3]}]', "{}", "[[1]]", Boxes(())],
            "frame_boxes": [FrameBoxes(()), "[[1, 2, 3, 4]]", OneBox(Box(1, 2, 3, 4)), "left"],
            "tube": [Tube(90, (Box(1, 2, 3, 4),)), '{"-4": [1, 2, 3, 4]}', "[]", Boxes(())],
        }


        class Bad:
            input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
            output_media = frozenset({"text", "map"})

            def generate(self, requests):
                return [SAID[one.form][sum(map(ord, one.instance_id)) % 4] for one in requests]


        def make():
            return Bad()
        """
    )
    chosen = "bird-detection or short-expression or keypoint or ball-tracking or human-video-grounding"
    pytester.runpytest_subprocess(
        "--generalbench-model=python:bad.py:make",
        "--generalbench-data=demo",
        "--generalbench-run=run",
        "-k",
        chosen,
    )
    tasks = read_result("run")["tasks"]
    assert len(tasks) == 5
    for task in tasks:
        assert task["state"] == "scored"
        assert task["score"] == 0.0
        assert task["states"] == {"unparsable": 8}
