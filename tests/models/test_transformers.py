from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import ModelError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models import make_model
from pytest_generalbench.models.base import Failed
from pytest_generalbench.models.transformers.loader import TransformersModel
from tests.builders import TASK, make_task
from tests.models.tiny import save_image_text_model, save_text_model

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]
pytest.importorskip("torch")
pytest.importorskip("transformers")


def load(folder: Path) -> TransformersModel:
    model = make_model(Settings(model=f"hf:{folder}", offline=True), folder.parent)
    assert isinstance(model, TransformersModel)
    return model


def text_request(name: str, text: str, new: int = 6) -> Request:
    return Request(TASK.id, name, (text,), max_new_tokens=new)


@pytest.fixture(scope="module")
def text_model(tmp_path_factory: pytest.TempPathFactory) -> TransformersModel:
    return load(save_text_model(tmp_path_factory.mktemp("text") / "model"))


@pytest.fixture(scope="module")
def image_model(tmp_path_factory: pytest.TempPathFactory) -> TransformersModel:
    return load(save_image_text_model(tmp_path_factory.mktemp("image") / "model"))


def test_a_batch_says_what_each_request_says_alone(text_model: TransformersModel) -> None:
    requests = [text_request(str(n), "Which is it? " * n) for n in (1, 4, 2)]
    together = text_model.generate(requests)
    alone = [text_model.generate([request])[0] for request in requests]
    assert together == alone
    assert all(isinstance(item, Output) and item.text for item in together)


def test_the_answer_does_not_repeat_the_prompt(text_model: TransformersModel) -> None:
    (answer,) = text_model.generate([text_request("a", "one two three")])
    assert isinstance(answer, Output)
    assert "one two three" not in (answer.text or "")


def test_a_prompt_beyond_the_context_fails_alone(tmp_path: Path) -> None:
    model = load(save_text_model(tmp_path / "model", context=64))
    short, long = text_request("short", "one"), text_request("long", "no " * 300)
    answers = model.generate([long, short])
    assert isinstance(answers[0], Failed)
    assert "too many for a context of 64" in answers[0].message
    assert isinstance(answers[1], Output)


def test_a_model_without_chat_template_gets_the_plain_text(tmp_path: Path) -> None:
    model = load(save_text_model(tmp_path / "model", chat=False))
    assert len(model.generate([text_request("a", "one"), text_request("b", "two three")])) == 2


def test_images_reach_the_model_in_batches(image_model: TransformersModel, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    requests = []
    for number in range(3):
        path = tmp_path / f"{number}.png"
        image.new("RGB", (40, 30), (number * 80, 10, 10)).save(path)
        media = tuple(Media("image", (path,)) for _ in range(1 + number % 2))
        requests.append(Request("image/comprehension/x", str(number), (*media, "Which?"), max_new_tokens=4))
    answers = image_model.generate(requests)
    assert [isinstance(item, Output) for item in answers] == [True] * 3
    assert answers == [image_model.generate([request])[0] for request in requests]


def test_what_a_model_takes_decides_what_it_supports(
    text_model: TransformersModel, image_model: TransformersModel
) -> None:
    task = make_task(inputs="image+text")
    assert text_model.unsupported(task) == "the model does not take image"
    assert image_model.unsupported(task) is None
    assert image_model.unsupported(make_task(inputs="audio+text")) is not None


def test_identity_names_class_and_dtype(text_model: TransformersModel) -> None:
    value = text_model.identity()
    assert (value["class"], value["dtype"]) == ("LlamaForCausalLM", "float32")


def test_a_folder_that_is_no_model_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        load(tmp_path)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_offline_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        make_model(Settings(model="hf:nobody/nothing", offline=True), tmp_path)
