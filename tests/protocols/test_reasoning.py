"""Reasoning in the marks of many model families, which every reader has to leave out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.protocols.text.parsers.reasoning import _cut, cut_reasoning, without_reasoning
from pytest_generalbench.protocols.text.parsers.registry import PARSERS
from tests.work import steps

ANSWERED = (
    "<think>A?</think>B",
    "<think>\nA\n</think>\n\nB",
    "A? hmm</think>B",
    "[THINK]A[/THINK]B",
    "A[/THINK]B",
    "<thinking>A</thinking>\nB",
    "<reasoning>A</reasoning>B",
    "<seed:think>A</seed:think>B",
    "<seed:think>A<seed:cot_budget_reflect>x</seed:cot_budget_reflect>A</seed:think>B",
    "◁think▷A◁/think▷B",
    "A◁/think▷B",
    "<|begin_of_thought|>A<|end_of_thought|>\n\n<|begin_of_solution|>B<|end_of_solution|>",
    "<|begin_of_thought|>A<|end_of_thought|>B",
    "<SUMMARY>x</SUMMARY><REASONING>The answer is A? No.</REASONING><CONCLUSION>B</CONCLUSION>",
    "<SUMMARY>x</SUMMARY>\n\n<CAPTION>A</CAPTION>\n\n<REASONING>A</REASONING>\n\n<CONCLUSION>B</CONCLUSION>",
    "<CONCLUSION>B</CONCLUSION>",
    "<CONCLUSION> B",
    "analysisThe answer is A? No.assistantfinalB",
    "analysisAassistantcommentaryAassistantfinalB",
    "xAassistantfinalB",
    "<|channel|>analysis<|message|>A<|end|><|start|>assistant<|channel|>final<|message|>B",
    "<|channel|>analysis<|message|>A<|end|><|start|>assistant<|channel|>final<|message|>B<|return|>",
    "analysis<|message|>A<|end|><|start|>assistant<|channel|>final<|message|>B",
    "<|channel|>final<|message|>B<|return|>",
    "<|channel|>final <|constrain|>json<|message|>B",
    "<think>A</think><answer>B</answer>",
    "<answer>B</answer>",
    "A or <answer>B</answer>\nA was wrong",
    "<answer>B</answer><reasoning>not A</reasoning>",
    "<answer>A</answer> wait <answer>B</answer>",
    "<think></think>B",
    "<think>A</thinking>B",
    "<Thought>A</Thought>\n<Output>B</Output>",
    "<thinking>A<reflection>A</reflection>A</thinking><output>B</output>",
    "<|START_THINKING|>A<|END_THINKING|><|START_RESPONSE|>B<|END_RESPONSE|>",
    "<unused94>thought\nA<unused95>B",
    "<|channel>thought\nA<channel|>B",
    "Here is my thought process:\nA\n\nHere is my response:\nB",
    "Here are my reasoning steps:\nA\n[BEGIN FINAL RESPONSE]\nB\n[END FINAL RESPONSE]\n<|end|>",
    "## Thinking\n\nA\n\n## Final Response\n\nB",
    "<|im_start|>think\nA\n<|im_start|>answer\nB",
    "<|begin_of_box|>B<|end_of_box|>",
    "<think>A</think><|begin_of_box|>B<|end_of_box|>",
    "<analysis>A</analysis>\nB",
    "<analysis>A</analysis><answer>B</answer>",
    "&lt;think&gt;A&lt;/think&gt;B",
    '<details type="reasoning" done="true">\nA\n</details>\nB',
    "<thought>A</thought>B",
    "B<|im_end|>",
    "B<|eot_id|>",
    "assistant\n\nB",
    "<|assistant|>B",
    "<|im_start|>assistant\nB<|im_end|>",
    "<think>A <think> A </think>B",
    "【思考】A【/思考】B",
    "<思考>A</思考>B",
    "<think>A</think>A?<think>A</think>B",
    "<think>A</think>\n<response>B</response>",
    "<|think|>A<|/think|>B",
    "```thinking\nA\n```\nB",
    "B\n<think>A</think>",
    "<scratchpad>A</scratchpad>B",
    "<rationale>A</rationale>\n<answer>B</answer>",
    "<answer>B",
    "B</answer>",
    "[ANSWER]B[/ANSWER]",
    "<final_answer>B</final_answer>",
    "<think>A</think></think>B",
    "＜think＞A＜/think＞B",
    "<think_never_used_51bce0c785ca2f68081bfa7d91973934>A</think_never_used_51bce0c785ca2f68081bfa7d91973934>B",
    "<longcat_think>A</longcat_think>B",
    "<|begin|>assistant<|think|>A<|end|><|begin|>assistant<|content|>B<|end|>",
    "<mm:think>A</mm:think>B",
    "**<think>**A**</think>**B",
    "<think time=3>A</think>B",
    "<THINK>A</THINK>B",
)
"""The reasoning mentions A, the answer is B."""

CUT_OFF = (
    "<think>A",
    "<think>A. The answer is A",
    "[THINK]A",
    "<thinking>A",
    "<reasoning>A",
    "<seed:think>A",
    "◁think▷A",
    "<|begin_of_thought|>A",
    "analysisThe answer is A",
    "<|channel|>analysis<|message|>A",
    "analysis<|message|>A",
    "<SUMMARY>A",
    "<SUMMARY>A</SUMMARY><CAPTION>A",
    "<SUMMARY>x</SUMMARY><REASONING>A",
    "<REASONING>A",
    "<think>A</think>",
    "<think>A \\boxed{A}",
    "B?<think>A",
    "<think>a</think>B<think>A",
    "<thinking>A<reflection>A</reflection>A",
    "<unused94>thought\nA",
    "Here is my thought process: A",
    "## Thinking\n\nA",
    "<|START_THINKING|>A",
    "<analysis>A",
    "<think>A<answer>",
    "analysisAassistantcommentaryA",
    "<|channel|>analysis<|message|>A<|end|><|start|>assistant<|channel|>final",
    "<think>A<|im_end|>",
    "<seed:think>A<seed:cot_budget_reflect>x</seed:cot_budget_reflect>A",
    "<|begin_of_thought|>A<|end_of_thought|><|begin_of_solution|>",
    "A <answer>",
)
"""The reasoning was not ended, or nothing follows it."""

PLAIN = (
    "analysis of the text",
    "Analysis: B",
    "the final answer",
    "x = re.sub('<think>', '')",
    "if a < b and c[think] > d:",
    "    return 1\n",
    "I think B",
    "a [analysis] b",
    "[thinking] yes",
    "assistant to the manager",
    "<s>x</s> y",
    "final",
    "<p>answer</p>",
    "<summary>A dog</summary>",
    "<caption>A</caption>",
    "text <reason>x</reason> text",
)
"""Texts without reasoning."""


@pytest.mark.parametrize("text", ANSWERED)
def test_the_answer_behind_the_reasoning_is_found(text: str) -> None:
    assert without_reasoning(text).strip("*") == "B"


@pytest.mark.parametrize("text", CUT_OFF)
def test_reasoning_that_was_cut_off_is_no_answer(text: str) -> None:
    assert without_reasoning(text) == ""


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_no_reader_guesses_from_reasoning(name: str) -> None:
    choices = ("A", "B")
    assert {text: PARSERS[name](text, choices) for text in CUT_OFF} == dict.fromkeys(CUT_OFF)


@pytest.mark.parametrize("text", PLAIN)
def test_a_text_without_reasoning_stays_as_it_is(text: str) -> None:
    assert cut_reasoning(text) == text


@pytest.mark.parametrize(
    "mark", ["<think>", "</think>", "<think_a>", "<answer>", "<|im_end|>", "<analysis>", "<s>", "["]
)
def test_the_work_grows_with_the_length_and_no_faster(mark: str) -> None:
    once = steps(lambda: cut_reasoning(mark * 500))
    assert steps(lambda: cut_reasoning(mark * 1000), 2 * once + 100) <= 2 * once + 100


_PIECES = re.findall(
    r"\w+|\W", "".join((*ANSWERED, "Here is my response: ## Final Response The answer is A."))
)


@given(st.lists(st.sampled_from(_PIECES) | st.characters(), max_size=12).map("".join))
def test_a_text_without_any_mark_needs_no_reading(text: str) -> None:
    assert cut_reasoning(text) == _cut(text)
