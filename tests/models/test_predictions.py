from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import ModelError
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.base import Failed
from pytest_generalbench.models.predictions import Predictions
from tests.builders import TASK, make_task

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = [
    {"id": "a", "prediction": "x"},
    {"id": 2, "prediction": ["p", "q"]},
    {"id": "n", "prediction": None},
]


def write(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def replay(folder: Path, *ids: str) -> list[Output | Failed]:
    model = Predictions(folder)
    assert model.unsupported(TASK) is None
    model.begin(TASK, None)
    return list(model.generate([Request(TASK.id, name, ("?",)) for name in ids]))


@pytest.mark.parametrize(
    "name",
    [
        "nlp/tiny-choice.json",
        "nlp/Tiny-Choice/prediction.json",
        "tiny_choice.json",
        "NLP/TinyChoice/answers.json",
    ],
)
def test_a_file_is_found_by_id_folder_or_name(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, RECORDS)
    assert replay(tmp_path, "a", "2") == [Output("x"), Output('["p", "q"]')]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["tiny-choice.json", "tiny-choice.jsonl"])
def test_a_file_is_read_in_every_encoding_of_unicode(
    tmp_path: Path, encoding: str, end: str, name: str
) -> None:
    records = [json.dumps({"id": key, "prediction": text}) for key, text in (("a", "caf\u00e9"), ("b", "B"))]
    text = f"[{end}{f',{end}'.join(records)}{end}]{end}" if name.endswith("n") else end.join([*records, ""])
    path = tmp_path / "nlp" / name
    path.parent.mkdir()
    path.write_bytes(text.encode(encoding))
    assert replay(tmp_path, "a", "b") == [Output("caf\u00e9"), Output("B")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[{"id": "a", "prediction": "caf\u00e9"}]'.encode("latin-1"), "save it as UTF-8"),
        (b"\x1f\x8b\x08", "UTF-8"),
        (b"", "cannot be read as JSON"),
        (b"[" * 100_000, "cannot be read as JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = write(tmp_path, "nlp/tiny-choice.json", [])
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"tiny-choice\.json: .*" + words):
        Predictions(tmp_path).begin(TASK, None)


def test_a_file_is_found_by_the_task_it_names(tmp_path: Path) -> None:
    write(tmp_path, "submission-17.json", {"task": "Tiny Choice", "skill": "s", "type": "t", "data": RECORDS})
    assert replay(tmp_path, "a") == [Output("x")]


def test_the_final_answer_of_a_word_problem_counts(tmp_path: Path) -> None:
    steps = [{"id": "a", "prediction_steps": "1 + 1", "prediction_final": "2"}]
    write(tmp_path, "nlp/tiny-choice.json", steps)
    assert replay(tmp_path, "a") == [Output("2")]


def test_an_id_without_answer_is_an_error_of_that_instance(tmp_path: Path) -> None:
    write(tmp_path, "nlp/tiny-choice.json", RECORDS)
    assert replay(tmp_path, "zz", "n") == [
        Failed("the predictions have no answer for this id"),
        Failed("the prediction is null"),
    ]


def test_a_folder_of_another_modality_with_the_same_name_is_not_taken(tmp_path: Path) -> None:
    write(tmp_path, "image/comprehension/Tiny-Choice/prediction.json", RECORDS)
    model = Predictions(tmp_path)
    assert model.unsupported(TASK) is not None
    image = make_task(id="image/comprehension/tiny-choice", modality="image", paradigm="comprehension")
    assert model.unsupported(image) is None


@pytest.mark.parametrize(
    "content",
    [
        {"task": "Tiny Choice"},
        [1],
        [{"id": "a"}],
        [{"prediction": "x"}],
        [{"id": "a", "prediction": "x"}, {"id": "a", "prediction": "y"}],
    ],
)
def test_another_form_is_an_error_that_names_the_file(tmp_path: Path, content: object) -> None:
    write(tmp_path, "nlp/tiny-choice.json", content)
    with pytest.raises(ModelError, match=r"tiny-choice\.json"):
        Predictions(tmp_path).begin(TASK, None)


def test_a_broken_file_hurts_no_other_task(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    assert Predictions(tmp_path).unsupported(TASK) is not None
    write(tmp_path, "other.json", {"task": "Tiny Choice", "data": RECORDS})
    assert replay(tmp_path, "a") == [Output("x")]


def test_a_text_that_ends_like_a_file_is_a_text(tmp_path: Path) -> None:
    boxes = make_task(output="boxes+labels")
    output = ["plane: 10.5, 20.5, 30.5, 40.5", "no plane here.Sorry", "gone.json"]
    write(tmp_path, "nlp/tiny-choice.json", [{"id": n, "prediction": text} for n, text in enumerate(output)])
    model = Predictions(tmp_path)
    model.begin(boxes, None)
    requests = [Request(TASK.id, str(number), ("?",), form="boxes") for number in range(3)]
    first, second, third = model.generate(requests)
    assert (first, second) == (Output(output[0]), Output(output[1]))
    assert isinstance(third, Failed)


def test_no_folder_and_no_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        Predictions(tmp_path / "nothing")
    with pytest.raises(ModelError, match=r"no \.json file"):
        Predictions(tmp_path)


def test_other_answers_are_another_model(tmp_path: Path) -> None:
    path = write(tmp_path, "nlp/tiny-choice.json", RECORDS)
    before = Predictions(tmp_path).identity()
    path.write_text(json.dumps(RECORDS[:1]), encoding="utf-8")
    assert Predictions(tmp_path).identity() != before
