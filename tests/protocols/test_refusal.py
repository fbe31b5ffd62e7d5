from __future__ import annotations

import pytest

from pytest_generalbench.protocols import is_refusal


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but I can’t assist with identifying people.",
        "I apologize, but I am unable to view the image.",
        "As an AI language model, I cannot answer this question.",
        "I cannot determine the answer from the image.",
        "I don't have access to the audio.",
        "I must decline. I won't provide that.",
        "抱歉，我无法回答这个问题。",
        "作为一个人工智能语言模型，我不能提供建议。",
        "我无法识别图片中的人物。",
        "<think>hm</think> I'm unable to assist with this request.",
    ],
)
def test_a_text_that_declines_is_a_refusal(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "B",
        "The cat cannot swim.",
        "Sorry, both A and B.",
        "我爱北京",
        "An AI model",
        "Either A or B",
        "42",
    ],
)
def test_any_other_text_is_none(text: str) -> None:
    assert not is_refusal(text)
