from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.evaluation.scoring.judge_replies import read_verdict

STYLES = (
    "{n}", " {n}.", "**{n}**", "`{n}`", "[{n}]", "({n})", '"{n}"', "[[{n}]]", "{n}.0", "{n}\n",
    "\\boxed{{{n}}}",
    "$\\boxed{{{n}}}$", "Digit: {n}", "digit={n}", "The digit is {n}.", "Score: {n}", "**Score:** {n}",
    "**Score: {n}**", "*Score*: {n}", "Score - {n}", "Score – {n}", "Score — {word}", "Score = {n}",
    "score {n}",
    "Score: {n}/1", "Score: {n} / 1", "Score: {n} out of 1", "Score: {n} point", "Score:\n{n}", "SCORE: {n}!",
    "Rating: [[{n}]]", "Rating: {n}", "Rating: **{n}**", "Rating (0-1): {n}", "Score [0 or 1]: {n}",
    "Verdict: {n}", "Verdict: {yes}", "Verdict: **{yes}**", "Verdict -> {n}", "Verdict → {n}", "Grade: {n}",
    "My rating is {n}.", "The score is {n}.", "The score would be {n}", "The final score is {n}",
    "Final answer: {n}", "Final Answer: \\boxed{{{n}}}", "Judgement: {n}", "Judgment: {n}", "Decision: {n}",
    "Overall rating: {n}/1", "<score>{n}</score>", "<answer>{n}</answer>", "<rating> {n} </rating>",
    '{{"score": {n}}}', '{{"score": "{n}"}}', '{{"reason": "as it is", "score": {n}}}', '{{"Score": {n}.0}}',
    '```json\n{{"verdict": {n}, "explanation": "x"}}\n```', '{{"rating": "{n}/1"}}',
    '{{"is_correct": {bool}}}',
    '{{"correct": {bool}, "why": "x"}}', '{{"verdict": "{yes}"}}', "{n} - it is as the reference says",
    "{n}: it is as the reference says", "{n}, as the reference says.", "{n}. Here is why.",
    "{n}\n\nThe candidate speaks of a dog.", "The candidate speaks of a dog.\n\n{n}",
    "{n} (because of the dog)",
    "The candidate speaks of a dog. {n}", "They speak of 3 dogs and 2 cats.\nScore: {n}", "{word}", "{Word}.",
    "Score: {word}", "Rating - {word}", "I'd give this a {n} out of 1.", "I'd give this a {n}.",
    "I would rate this {n}", "I rate the answer as {n}.", "I would give it a score of {n}.",
    "The candidate gets a {n}.", "So {n}.", "Therefore, {n}", "The answer deserves a {n}.", "I assign {n}",
    "My reply is {n}.", "{fullwidth}", "Score: {fullwidth}", "Score：{fullwidth}", "评分：{n}", "{arabic}",
    "<think>It may be 0, or 1. Perhaps a 3.</think>{n}", "<think>Score: 5</think>\n\nScore: {n}",
    "{percent}%", "Score: {percent}%", "{ten}/10", "Score: {ten}/10", "{yes}", "{Yes}.",
    "{Yes}, they agree on it",
    "The candidate answer is {correct}.", "It is {correct}.", "{Correct}", "Verdict: {Correct}.", "{n}/1",
    "{n} out of 1", "Score: '{n}'", "Style aside, the score: {n}", "# Score\n{n}", "- Score: {n}",
    "Score: 0.5 for style. Final score: {n}", "| Score | \n {n}",
)  # fmt: skip


def said(style: str, number: int) -> str:
    words = {
        "n": number, "word": ("zero", "one")[number], "Word": ("Zero", "One")[number],
        "yes": ("no", "yes")[number], "Yes": ("No", "Yes")[number], "bool": ("false", "true")[number],
        "fullwidth": "０１"[number], "arabic": "٠١"[number], "percent": 100 * number, "ten": 10 * number,
        "correct": ("incorrect", "correct")[number], "Correct": ("Incorrect", "Correct")[number],
    }  # fmt: skip
    return style.format(**words)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("style", STYLES)
def test_a_verdict_is_read_in_any_wording(style: str, number: int) -> None:
    assert read_verdict(said(style, number)) == float(number)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("4/5", 0.8),
        ("Score: 4/5", 0.8),
        ("I'd give this a 4 out of 5", 0.8),
        ("Rating: [[4/5]]", 0.8),
        ("Rating (out of 5): 4", 0.8),
        ("Score: 75%", 0.75),
        ("Score: 0.5", 0.5),
        ('{"score": "8/10"}', 0.8),
        ("Score - four out of five", 0.8),
    ],
)
def test_a_rating_with_its_top_mark_is_a_share_of_it(reply: str, verdict: float) -> None:
    assert read_verdict(reply) == verdict


@pytest.mark.parametrize(
    "reply",
    [
        "", " ", "perhaps", "maybe", "2", "Rating: [[4]]", "Score: 4", "Score - four", "Score: -1", "-1",
        "5/4",
        "1/0", "1 or 0", "0 or 1?", "Score: 1. Score: 0", "1\n\nScore: 0", "Score: 0 to 1",
        "I cannot judge this.", "not a 1",
        "The reference says 1 dog, the candidate 3 dogs.", "<think>1", "{", '{"score": 7}', '{"score": null}',
        "1. Compare the answers.\n2. Decide.", "The score cannot be 1", "Yes and no",
        "It is not clear that the answer is correct", "Two remain, so 1 dog was meant", "This gives 1 reason",
        "I wonder whether it is right", "A score of 1 means that they agree",  "10", "0.1.2", "1e9",
        "The candidate answer: 1 dog. The reference answer: 0 dogs.", "Score: 100",
    ],
)  # fmt: skip
def test_a_reply_without_a_certain_verdict_is_none(reply: str) -> None:
    assert read_verdict(reply) is None


@given(st.text(max_size=200))
def test_any_text_is_read_or_none(text: str) -> None:
    verdict = read_verdict(text)
    assert verdict is None or 0.0 <= verdict <= 1.0
