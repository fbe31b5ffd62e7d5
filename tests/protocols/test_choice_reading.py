from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.protocols.text.parsers.choice.options import LETTERS
from pytest_generalbench.protocols.text.parsers.choice.selected import read_choice

FRUIT = ("apple", "banana", "cherry", "All of the above")
COLOURS = ("red", "green", "blue", "black", "none")

CASES: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("C", FRUIT, "C"),
    ("c", FRUIT, "C"),
    ("(C)", FRUIT, "C"),
    ("C.", FRUIT, "C"),
    ("C) apple", FRUIT, "C"),
    ("The answer is C", FRUIT, "C"),
    ("The Answer is C", FRUIT, "C"),
    ("final answer is: B. An apple", FRUIT, "B"),
    ("$\\boxed{D. All of the above}$", FRUIT, "D"),
    ("$\\boxed{c}$", FRUIT, "C"),
    ("D, not option B", FRUIT, "D"),
    ("**B**", FRUIT, "B"),
    ("Option d", FRUIT, "D"),
    ("cherry", FRUIT, "C"),
    ("I think it's B because A is wrong", FRUIT, "B"),
    ("E. none", COLOURS, "E"),
    ("E. none", FRUIT, None),
    ("A dog is in the picture", FRUIT, None),
    ("A", FRUIT, "A"),
    ("a", FRUIT, "A"),
    ("a.", FRUIT, "A"),
    ("A banana", FRUIT, "B"),
    ("It is a banana.", FRUIT, "B"),
    ("banana or cherry", FRUIT, None),
    ("The answer is a banana", FRUIT, "B"),
    ("The answer is A", FRUIT, "A"),
    ("The answer is A because bananas are yellow", FRUIT, "A"),
    ("Answer: B", FRUIT, "B"),
    ("Answer:B", FRUIT, "B"),
    ("ANSWER: (b)", FRUIT, "B"),
    ("Answer B", FRUIT, "B"),
    ("## Answer\n\nB", FRUIT, "B"),
    ("**Answer:** **C**", FRUIT, "C"),
    ("The correct answer is: **C) cherry**", FRUIT, "C"),
    ("The correct option is B", FRUIT, "B"),
    ("Correct: D", FRUIT, "D"),
    ("B is the correct answer", FRUIT, "B"),
    ("Option B is correct.", FRUIT, "B"),
    ("Option A is wrong, so the answer is D.", FRUIT, "D"),
    ("A, B and C are wrong, D is right", FRUIT, "D"),
    ("A and B", FRUIT, None),
    ("A or B", FRUIT, None),
    ("A, B", FRUIT, None),
    ("Both A and C", FRUIT, None),
    ("It's definitely not B", FRUIT, None),
    ("not A but C", FRUIT, "C"),
    ("答案是C", FRUIT, "C"),
    ("答案：C", FRUIT, "C"),
    ("选B", FRUIT, "B"),
    ("（C）", FRUIT, "C"),
    ("Ｃ", FRUIT, "C"),
    ("C。", FRUIT, "C"),
    ("I choose B", FRUIT, "B"),
    ("I would go with option C.", FRUIT, "C"),
    ("I", FRUIT, None),
    ("I don't know", FRUIT, None),
    ("", FRUIT, None),
    ("   ", FRUIT, None),
    ("<think>maybe A or B</think>The answer is C", FRUIT, "C"),
    ("<think>A", FRUIT, None),
    ("The answer is E", FRUIT, None),
    ("The answer is E, not A", FRUIT, None),
    ("The final answer is $\\boxed{\\text{B}}$", FRUIT, "B"),
    ("\\boxed{A} no wait \\boxed{B}", FRUIT, "B"),
    ("\\boxed{banana}", FRUIT, "B"),
    ("Answer: A. Hmm, wait. Answer: C", FRUIT, "C"),
    ("All of the above", FRUIT, "D"),
    ("all of the above.", FRUIT, "D"),
    ("The answer is all of the above", FRUIT, "D"),
    ("B - banana", FRUIT, "B"),
    ("B: banana", FRUIT, "B"),
    ("B banana", FRUIT, "B"),
    ("[B]", FRUIT, "B"),
    ('"B"', FRUIT, "B"),
    ("`B`", FRUIT, "B"),
    ("Let me think step by step.\nApples grow.\nC", FRUIT, "C"),
    ("B\n\nExplanation: A is a fruit too.", FRUIT, "B"),
    ("Answer: C\n\nThe answer is not A.", FRUIT, "C"),
    ("X-ray", ("MRI", "X-ray"), "B"),
    ("The answer is X-ray", ("MRI", "X-ray"), "B"),
    ("A minor", ("C major", "A minor"), "B"),
    ("The answer is A minor", ("C major", "A minor"), "B"),
    ("yes", ("yes", "no"), "A"),
    ("No, it is not.", ("yes", "no"), "B"),
    ("quarter", ("half", "quarter", "o'clock", "quarter to", "quarter past"), "B"),
    ("It is quarter past six", ("half", "quarter", "o'clock", "quarter to", "quarter past"), "E"),
    ("female", ("male", "female"), "B"),
    ("The speaker is female", ("male", "female"), "B"),
    ("2", ("1", "2", "3"), "B"),
    ("B. 2", ("1", "2", "3"), "B"),
    ("K", ("K", "Na"), "A"),
    ("The answer is K.", ("Na", "K"), "B"),
    ("(c) cherry", FRUIT, "C"),
    ("I believe (b) fits", FRUIT, "B"),
    ("The answer is option C", FRUIT, "C"),
    ("answer is b because it fits", FRUIT, "B"),
    ("It is C.", ("", "", "", ""), "C"),
    ("The image is C", ("", "", "", ""), "C"),
    ("d", ("", "", "", ""), "D"),
    ("B, since A and C fail", FRUIT, "B"),
    ("My answer: the cherry", FRUIT, "C"),
    ("The answer to the question is therefore B", FRUIT, "B"),
    ("Therefore, the right choice would be D.", FRUIT, "D"),
    ("Neither A nor B; C", FRUIT, "C"),
    ("A is correct", FRUIT, "A"),
    ("A because it is red", FRUIT, "A"),
    ("A. apple", FRUIT, "A"),
    ("A apple", FRUIT, "A"),
    ("C, because", FRUIT, "C"),
    ("the answer isn't B, it's C", FRUIT, "C"),
    ("Answer - D", FRUIT, "D"),
    ("Ans: D", FRUIT, "D"),
    ("D</s>", FRUIT, "D"),
    ("$C$", FRUIT, "C"),
    ("{C}", FRUIT, "C"),
    ("1. B", FRUIT, "B"),
    ("- B", FRUIT, "B"),
    ("The answer is (C).", FRUIT, "C"),
    ("The most likely cause is B.", FRUIT, "B"),
    ("The effect is more likely option A.", FRUIT, "A"),
)


@pytest.mark.parametrize(("text", "options", "letter"), CASES)
def test_an_answer_names_the_option_a_person_would_read(
    text: str, options: tuple[str, ...], letter: str | None
) -> None:
    assert read_choice(text, options) == letter


FRAMES = (
    "{}", "({})", "{}.", "{})", "**{}**", "The answer is {}", "Answer: {}", "ANSWER: ({}).",
    "Final answer: {}", r"$\boxed{{{}}}$", r"The final answer is $\boxed{{\text{{{}}}}}$", "Option {}",
    "{} is correct.", "答案：{}", "I choose {}.", "Let me think.\nIt is hard.\n{}",
)  # fmt: skip


@given(st.integers(2, 26), st.data(), st.sampled_from(FRAMES))
def test_every_letter_is_read_in_every_frame(count: int, data: st.DataObject, frame: str) -> None:
    letter = data.draw(st.sampled_from(LETTERS[:count]))
    options = tuple(f"text {number}" for number in range(count))
    assert read_choice(frame.format(letter), options) == letter


@given(st.text(max_size=80), st.lists(st.text(max_size=10), max_size=8))
def test_it_never_raises_and_gives_only_letters_in_use(text: str, options: list[str]) -> None:
    result = read_choice(text, tuple(options))
    assert result is None or result in LETTERS[: len(options)]


WORDS = st.lists(
    st.sampled_from(
        ["The", "answer", "is", "not", "A", "B", "C", "D", "option", "correct", "because", "I", "it's", ":",
         ".",          "\n", "or", "and", "apple", "banana", "a", "choose", r"\boxed{", "}", "wrong", ","]
    ),
    max_size=14,
)  # fmt: skip


@given(WORDS)
def test_answers_in_words_of_their_own_never_raise(words: list[str]) -> None:
    assert read_choice(" ".join(words), FRUIT) in (None, "A", "B", "C", "D")
