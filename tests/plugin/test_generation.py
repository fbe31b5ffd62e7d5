"""All tasks that make media, through the command a user types."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import metrics

if TYPE_CHECKING:
    from tests.conftest import ReadResult

COMPARED = {"medium", "medium|source", "medium|label", "transcript"}
"""What makes perfect answers the best there are: without it a backbone's taste decides."""

SPEECH = """
    import numpy as np

    from pytest_generalbench.core.outputs import Audio, Image, SymbolicMusic, Video


    def noise(requests):
        rng = np.random.default_rng(requests[0].seed)
        return [Audio(rng.normal(0, 0.1, 8000).astype(np.float32), 16000) for _ in requests]


    class Speaker:
        input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
        output_media = {"audio"}

        def generate(self, requests):
            return noise(requests)


    class Bad:
        input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
        output_media = {"text", "image", "video", "audio"}

        def generate(self, requests):
            made = {"image": self.picture, "video": self.video, "audio": self.sound, "music": self.music}
            return [made[request.form](int(request.instance_id[-1])) for request in requests]

        def picture(self, number):
            tall = np.zeros((20_000, 20_000, 3), np.uint8) if number == 3 else np.zeros((5, 7, 3), np.uint8)
            return [
                lambda: Image(np.zeros((5, 7, 3), np.uint8)),
                lambda: Image(np.full((5, 7, 3), np.nan)),
                lambda: Image(tall),
                lambda: Image.decode(b"GIF89a and nothing", "a.png"),
                lambda: "a picture",
                lambda: Image(np.zeros((0, 7, 3), np.uint8)),
                lambda: Image(np.full((5, 7, 3), 300)),
                lambda: Audio(np.ones(10, np.float32), 8000),
            ][number - 1]()

        def video(self, number):
            still = np.zeros((1, 8, 8, 3), np.uint8)
            return [
                lambda: Video(still),
                lambda: Video(np.zeros((0, 8, 8, 3), np.uint8)),
                lambda: Video(still, 0.0),
                lambda: Video.decode(b"\\0\\0\\0\\x18ftypmp42 and nothing", "a.mp4"),
                lambda: Video(np.full((2, 8, 8, 3), np.nan)),
                lambda: "a video",
                lambda: Video(still[0]),
                lambda: Image(still[0]),
            ][number - 1]()

        def sound(self, number):
            return [
                lambda: Audio(np.zeros(8000, np.float32), 8000),
                lambda: Audio(np.full(10, np.nan, np.float32), 8000),
                lambda: Audio(np.zeros(0, np.float32), 8000),
                lambda: Audio.decode(b"RIFF and nothing", "a.wav"),
                lambda: Audio(np.ones(10, np.float32), 0),
                lambda: Audio(np.ones((3, 10), np.float32), 8000),
                lambda: Image(np.zeros((5, 7, 3), np.uint8)),
                lambda: Audio(np.full(10, np.inf, np.float32), 8000),
            ][number - 1]()

        def music(self, number):
            return [
                lambda: SymbolicMusic(()),
                lambda: SymbolicMusic(((0.0, 1.0, 200),)),
                lambda: SymbolicMusic(((-1.0, 1.0, 60),)),
                lambda: SymbolicMusic.decode(b"MThd and nothing", "a.mid"),
            ][number % 4]()
"""


def run(pytester: pytest.Pytester, model: str, *more: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(f"--generalbench-model={model}", "--generalbench-run=run", *more)


def is_compared(name: str) -> bool:
    return bool(COMPARED & set(metrics.get(name).needs or ()))


@pytest.mark.slow
def test_all_133_are_scored_and_perfect_answers_are_the_best_where_they_are_compared_with_a_truth(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    result = run(pytester, "baseline:oracle", "--generalbench-data=demo", "-k", "generation", "-n", "2")
    assert result.ret == 0
    tasks = [task for task in read_result("run")["tasks"] if task["state"] != "not_run"]
    assert len(tasks) == 133
    assert {task["state"] for task in tasks} == {"scored"}
    compared = [task for task in tasks if is_compared(task["metric"])]
    assert len(compared) > 60
    # A flat picture in place of one that shows only noise is compared with the source in a few tasks.
    for task in compared:
        best = metrics.get(task["metric"]).best
        assert task["score"] == pytest.approx(best, abs=1e-6), task
    labelled = [task for task in tasks if task.get("weights") or "random backbone" in json.dumps(task)]
    assert len(labelled) > 60
    rated = [task for task in tasks if task["metric"] in ("mos", "user_preference")]
    assert len(rated) == 5
    assert all("demo ratings" in json.dumps(task) for task in rated)


@pytest.mark.slow
def test_plain_answers_are_worse_than_perfect_ones(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    run(pytester, "baseline:constant", "--generalbench-data=demo", "-k", "generation and not 3d", "-n", "0")
    for task in read_result("run")["tasks"]:
        if task["state"] == "scored" and is_compared(task["metric"]):
            metric = metrics.get(task["metric"])
            assert task["score"] != pytest.approx(metric.best, abs=1e-3), task
            assert (task["score"] < metric.best) == metric.higher_is_better, task


def real_folder(root: Path) -> Path:
    """Write a data folder that is not the demo set's: one task scored by people, one by CLAP."""
    for name, fields in (
        ("DailyTalkGeneration", {"text": "Good morning.", "dialogue": ["Who is there?"]}),
        ("SingleCaptionToAudio", {"prompt": "a dog barks"}),
    ):
        folder = root / "audio" / "generation" / name
        folder.mkdir(parents=True)
        data = [{"id": f"d{number}", "input": fields} for number in range(3)]
        (folder / "annotation.json").write_text(json.dumps({"task": name, "data": data}))
    return root


def test_on_real_data_people_and_weights_are_asked_for_and_nothing_stands_in(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    pytester.makepyfile(speech=SPEECH)
    data = real_folder(pytester.path / "data")
    result = run(
        pytester, "python:speech.py:Speaker", f"--generalbench-data={data}", "-k", "daily or single-cap"
    )
    assert result.ret == 0
    tasks = {task["id"].rpartition("/")[2]: task for task in read_result("run")["tasks"] if task["reason"]}
    human, measured = tasks["daily-talk-gen"], tasks["single-caption-to-audio"]
    assert (human["state"], human["score"]) == ("human", None)
    assert (measured["state"], measured["score"]) == ("unavailable", None)
    for words in ("laion/clap", "--generalbench-weights"):
        assert words in measured["reason"]
    # The answers were kept all the same, and people find them in a sheet.
    with (pytester.path / "run" / "human-ratings.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["instance"] for row in rows] == ["d0", "d1", "d2"]
    assert all((pytester.path / "run" / row["file"]).is_file() for row in rows)


def rate(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    lines = [f"audio/generation/daily-talk-gen,{instance},{rater},{score}" for instance, rater, score in rows]
    path.write_text("\n".join(["task,instance,rater,score", *lines]))
    return path


def test_ratings_are_imported_with_mean_and_standard_error(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    pytester.makepyfile(speech=SPEECH)
    data = real_folder(pytester.path / "data")
    rate(
        pytester.path / "said.csv", [("d0", "a", "4"), ("d0", "b", "5"), ("d1", "a", "2"), ("d2", "a", "3.5")]
    )
    answer = "--generalbench-human-scores=said.csv"
    run(pytester, "python:speech.py:Speaker", f"--generalbench-data={data}", answer, "-k", "daily")
    task = next(task for task in read_result("run")["tasks"] if task["id"].endswith("daily-talk-gen"))
    assert (task["state"], task["n"]) == ("scored", 3)
    assert task["score"] == pytest.approx(10 / 3)  # (4.5 + 2 + 3.5) / 3
    assert task["stderr"] == pytest.approx(
        (((4.5 - 10 / 3) ** 2 + (2 - 10 / 3) ** 2 + (1 / 6) ** 2) / 6) ** 0.5
    )
    assert "3 of 3 instances rated by 2 people (said.csv)" in json.dumps(task)


@pytest.mark.parametrize(
    ("row", "words"),
    [(("d0", "a", "6"), "a score is 1 to 5"), (("d0", "a", "good"), "a score is 1 to 5, not 'good'")],
)
def test_a_rating_that_cannot_be_ends_with_one_line(
    pytester: pytest.Pytester, row: tuple[str, str, str], words: str
) -> None:
    rate(pytester.path / "said.csv", [row])
    result = run(pytester, "baseline:oracle", "--generalbench-human-scores=said.csv", "-k", "daily")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert words in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


def test_a_predictor_stands_in_for_people_when_it_is_asked_to_and_says_so(
    pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    pytest.importorskip("speechmos")
    pytester.makepyfile(speech=SPEECH)
    data = real_folder(pytester.path / "data")
    run(
        pytester,
        "python:speech.py:Speaker",
        f"--generalbench-data={data}",
        "--generalbench-mos=auto",
        "-k",
        "daily",
    )
    task = next(task for task in read_result("run")["tasks"] if task["id"].endswith("daily-talk-gen"))
    assert (task["state"], task["metric"]) == ("scored", "mos_auto"), task
    assert 1 <= task["score"] <= 5
    assert "AUTOMATIC" in task["definition"]
    assert "DNSMOS P.808 of speechmos" in json.dumps(task)


@pytest.mark.parametrize(
    "chosen",
    [
        "image-deraining",
        "video-deblurring or space-video-gen",
        "audio-edit or text-to-speech",
        "pop-music-gen",
    ],
)
def test_bad_media_are_named_states_and_never_a_crash(
    pytester: pytest.Pytester, read_result: ReadResult, chosen: str
) -> None:
    pytester.makepyfile(speech=SPEECH)
    result = run(
        pytester, "python:speech.py:Bad", "--generalbench-data=demo", "-k", f"generation and ({chosen})"
    )
    tasks: list[dict[str, Any]] = [task for task in read_result("run")["tasks"] if task["states"]]
    assert tasks
    assert "Traceback" not in result.stdout.str()
    for task in tasks:
        assert set(task["states"]) <= {"ok", "unparsable", "error"}, task
        assert task["states"].get("unparsable", 0) >= 6, task
        assert task["state"] in ("scored", "incomplete"), task
        assert task["score"] is not None


def test_the_painter_of_the_docs_works(pytester: pytest.Pytester, read_result: ReadResult) -> None:
    page = Path(__file__).parents[2] / "docs" / "generation.md"
    code = page.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    (pytester.path / "painter.py").write_text(code, encoding="utf-8")
    result = run(pytester, "python:painter.py:Painter", "-k", "image and generation and text-to-image")
    assert result.ret == 0
    tasks = [task for task in read_result("run")["tasks"] if task["states"]]
    assert len(tasks) == 4
    assert all(task["states"] == {"ok": 8} for task in tasks)
