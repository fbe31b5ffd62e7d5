"""Answers in sentences: what is turned down, counted, listed or denied in words of a model's own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.protocols.text.parsers.choice.rejected import without_rejected
from pytest_generalbench.protocols.text.parsers.choice.selected import read_choice
from pytest_generalbench.protocols.text.parsers.normalization import EDGE, ends_of, mentions
from pytest_generalbench.protocols.text.parsers.registry import PARSERS
from tests.work import steps

FRUIT = ("apple", "banana", "cherry", "All of the above")

CHOICES: tuple[tuple[str, str | None], ...] = (
    ("A is wrong because cats dislike rain. C is also unlikely. So B.", "B"),
    ("A is wrong. So B.", "B"),
    ("A is not correct. B is.", "B"),
    ("B is unlikely. C fits.", "C"),
    ("A is wrong.", None),
    ("Options A and B are implausible, so C.", "C"),
    ("None of A, B or C apply; therefore D", "D"),
    ("The answer is A, B is wrong.", "A"),
    ("We can rule out A and B. C", "C"),
    ("Eliminating A, C is right.", "C"),
    ("A doesn't fit, B does.", "B"),
    ("A, B and D can be ruled out, which leaves C.", "C"),
    ("It can't be A or B, so it must be D.", "D"),
    ("A cannot be excluded, but the answer is B.", "B"),
    ("Apple is wrong. So cherry.", "C"),
    ("Banana is not in the picture, cherry is.", "C"),
    ("A isn't right; neither is B. Hence, option D.", "D"),
    ("A is less likely than B", "B"),
    ("(a) is wrong, (b) fits", "B"),
    ("A seems implausible. B seems implausible. D seems right", "D"),
    ("Therefore I choose B", "B"),
    ("因此选B", "B"),
    ("A is not only possible but certain", "A"),
    ("So a dog is there", None),
    ("A, B, C and D are all wrong", None),
    ("A is wrong; C or D", None),
    ("A and B are not right.", None),
    ("Not A. Not B. C!", "C"),
)


@pytest.mark.parametrize(("text", "letter"), CHOICES)
def test_an_option_that_is_turned_down_is_not_chosen(text: str, letter: str | None) -> None:
    assert read_choice(text, FRUIT) == letter


def test_the_text_of_an_option_is_no_claim_about_another() -> None:
    assert read_choice("B is wrong", ("A is wrong", "B is wrong")) == "B"
    assert read_choice("The dog is not there.", ("The dog", "The dog is not there", "x y")) == "B"
    assert read_choice("A is wrong because cats dislike rain", ("cats dislike rain", "x y", "z z")) is None


@given(st.text(max_size=60), st.lists(st.text(max_size=8), max_size=6))
def test_turning_down_only_blanks_out(text: str, options: list[str]) -> None:
    left, rejected = without_rejected(text, options)
    assert len(left) == len(text)
    assert all(new in (old, "\0") for old, new in zip(text, left, strict=True))
    assert (left == text) == (not rejected) or "\0" in text


COUNTS: tuple[tuple[str, float | None], ...] = (
    ("**5**\n\nThe image shows 3 men and 2 women.", 5),
    ("5. There are 3 men and 2 women.", 5),
    ("There are 5 people (3 men and 2 women).", 5),
    ("In total, there are 5 people: 3 men and 2 women.", 5),
    ("I count 5 of them, in 2 rows.", 5),
    ("There are no cats.", 0),
    ("None", 0),
    ("5\n3 men, 2 women", 5),
    ("[5]\n3 in front, 2 behind", 5),
    ("5 people in total: 3 men and 2 women", 5),
    ("There are 3 men and 2 women, so 5 people.", 5),
    ("3 + 2 = 5", 5),
    ("There are five people: three men and two women.", 5),
    ("1. A cat\n2. A dog\n3. A horse\nTotal: 3", 3),
    ("3, 4 and 5", 5),
    ("There are 5 cats on 2 chairs.", 5),
    ("There are 2 rows of 3 cats. Altogether 6.", 6),
    ("There are 12, 7 of which are red.", 12),
    ("5, of which 2 are red", 5),
    ("The total number of people in the 2 rows is 5", 5),
    ("I counted the 2 rows and found 5", 5),
    ("I have no idea.", None),
    ("No image was provided.", None),
    ("None of the above", None),
    ("No cats are visible in the image.", 0),
    ("There is no one.", 0),
    ("There aren't any birds.", 0),
    ("The image does not contain any dogs.", 0),
    ("No fewer than three", 3),
    ("zero", 0),
)


@pytest.mark.parametrize(("text", "wanted"), COUNTS)
def test_the_count_is_told_from_its_parts(text: str, wanted: float | None) -> None:
    assert PARSERS["count"](text, ()) == wanted


FINAL_ANSWERS: tuple[tuple[str, str], ...] = (
    ("Final answer: Janet makes $18 a day", "18"),
    ("Final answer: it is 18.", "18"),
    ("Final answer: She has 1/2 of the cake left", "1/2"),
    ("Final answer: The profit is $1,250.50 per week.", "1250.5"),
    ("Final answer: the loss is -3 dollars", "-3"),
    ("**Final Answer:** Tom has 7 apples left.", "7"),
    ("Final answer: about 18 dollars", "18"),
    ("The answer is that 20 people came.", "20"),
    ("Final Answer: Room 12", "Room 12"),
    ("Final answer: It costs 5 million dollars", "It costs 5 million dollars"),
    ("Final answer: they meet at 3:30 pm", "they meet at 3:30 pm"),
    ("Final answer: 9 of the 12 eggs are left", "9 of the 12 eggs are left"),
    ("Final answer: the value of f is x + 2", "the value of f is x + 2"),
)


@pytest.mark.parametrize(("text", "wanted"), FINAL_ANSWERS)
def test_a_sentence_with_one_number_says_that_number(text: str, wanted: str) -> None:
    assert PARSERS["final_answer"](text, ()) == wanted


ITEMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("The entities are: John Smith, London and Google.", ("john smith", "london", "google")),
    ('Sure, here\'s the list: ["a", "b"]. Let me know!', ("a", "b")),
    ("There are no entities in the text.", ()),
    ("No entities found.", ()),
    ('The entities are "John Smith" and "London".', ("john smith", "london")),
    ("Bosnia and Herzegovina", ("bosnia and herzegovina",)),
    ("Serbia, Bosnia and Herzegovina, and Croatia", ("serbia", "bosnia and herzegovina", "croatia")),
    ("Bosnia and Herzegovina, Serbia", ("bosnia and herzegovina", "serbia")),
    ("The entities are John Smith, London, and Google.", ("john smith", "london", "google")),
    ("Named entities: John Smith, London", ("john smith", "london")),
    ("Anna Keller: person, Orion: organization", ("anna keller: person", "orion: organization")),
    ("No Doubt, Blur", ("no doubt", "blur")),
    ("No Country for Old Men", ("no country for old men",)),
    ("No relevant entities were identified.", ()),
    ("None found.", ()),
    ("The text does not contain any named entities.", ()),
    ("I could not find any relations in the text.", ()),
    ("Here are the entities: 'John Smith', 'London', and 'O'Brien'.", ("john smith", "london", "o'brien")),
    ("Paris [1], London [2]", ("paris [1]", "london [2]")),
    ('["a"]\n["b"]', ("a", "b")),
    ('I found ["x [y", "z"] in it.', ("x [y", "z")),
    ('Here: {"PER": ["Bob"], "LOC": ["Paris"]} Hope this helps', ("bob, per", "paris, loc")),
    ("salt, (bread and butter)", ("salt", "bread and butter")),
    ("The aspects are screen, battery and soup. Let me know!", ("screen", "battery", "soup")),
    ("a; b and c", ("a", "b and c")),
    ("- a\n- b and c", ("a", "b and c")),
    ("The Who, The Beatles", ("the who", "the beatles")),
)


@pytest.mark.parametrize(("text", "wanted"), ITEMS)
def test_a_list_is_found_in_sentences(text: str, wanted: tuple[str, ...]) -> None:
    assert PARSERS["items"](text, ()) == wanted


def test_triplets_are_found_in_sentences() -> None:
    assert PARSERS["triplets"]('The relations: [["man", "on", "horse"]]. Done.', ()) == (
        ("man", "on", "horse"),
    )
    assert PARSERS["triplets"]("There are no relations.", ()) == ()


YES_NO: tuple[tuple[str, str | None], ...] = (
    ("The image does not contain a dog.", "no"),
    ("Indeed, there is a dog.", "yes"),
    ("Not really", "no"),
    ("There is no cat, but there is a dog, so yes.", "yes"),
    ("No doubt, yes.", "yes"),
    ("No doubt there is a dog.", "yes"),
    ("I have no idea.", None),
    ("It is not true.", "no"),
    ("That isn't false.", "yes"),
    ("Certainly not.", "no"),
    ("Indeed, there is no dog.", "no"),
    ("I don't think so.", "no"),
    ("There isn't a dog.", "no"),
    ("I cannot tell from the image.", None),
    ("It is not clear.", None),
    ("The answer cannot be determined.", None),
    ("Not only a dog but a cat.", None),
    ("No image was provided.", None),
    ("So no dog is there.", "no"),
    ("Of course.", "yes"),
)


@pytest.mark.parametrize(("text", "wanted"), YES_NO)
def test_a_sentence_denies_or_affirms(text: str, wanted: str | None) -> None:
    assert PARSERS["yes_no"](text, ()) == wanted


LABELS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("1: because 0 does not apply", ("0", "1"), "1"),
    ("0 - not 1", ("0", "1"), "0"),
    ("-1: not 0 or 1", ("-1", "0", "1"), "-1"),
    ("no defect, although a defect is near", ("defect", "no defect"), "no defect"),
    ("hip-hop, not jazz or rock", ("hip-hop", "jazz", "rock"), "hip-hop"),
    ("cat–because a dog barks", ("cat", "dog"), "cat"),
    ("cat. A dog would bark.", ("cat", "dog"), "cat"),
    ("cat, dog", ("cat", "dog"), "cat, dog"),
    ("cat - dog", ("cat", "dog"), "cat - dog"),
)


@pytest.mark.parametrize(("text", "labels", "wanted"), LABELS)
def test_a_label_at_the_start_is_the_one_that_is_explained(
    text: str, labels: tuple[str, ...], wanted: str
) -> None:
    assert PARSERS["label"](text, labels) == wanted


LONG = (
    "answer is not " * 5000, "A " * 200_000, "A is wrong " * 30_000, "so, " * 50_000, "label: " * 50_000,
    "no " * 100_000, '"a" and ' * 30_000, "there are 3 and " * 20_000, "count " * 50_000, '["a" ' * 40_000,
    "{" * 50_000, "in total " * 40_000, " " * 200_000 + "x", "final answer " * 20_000, "** " * 60_000,
    "-" * 100_000, "\n" * 100_000 + "x",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_long_answer_is_read(name: str) -> None:
    for text in LONG:
        PARSERS[name](text, ("cat", "dog", "A"))


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_an_answer_twice_as_long_is_at_most_twice_the_work(name: str) -> None:
    def read(text: str, most: int) -> int:
        return steps(lambda: PARSERS[name](text, ("cat", "dog", "A")), most)

    size = 24_000  # longer than what is looked at of an answer that has to name one thing
    growth = 2.2 if name in ("items", "triplets", "first_line") else 1.1
    for text in LONG:
        once = read(text[:size], 250 * size)
        read(text[: 2 * size], round(growth * once) + 1_000)


@given(st.text(alphabet="ab \n", max_size=200).map(lambda text: text * 400))
def test_both_ends_of_a_text_are_kept(text: str) -> None:
    kept = ends_of(text)
    assert len(kept) <= 2 * EDGE + 5
    assert kept == text if len(text) <= 2 * EDGE else text.startswith(kept[:100].split("\n...\n")[0])


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("choice", "The answer is B. {}", "B"),
        ("choice", "{} The answer is B.", "B"),
        ("label", "{}\ndog", "dog"),
        ("yes_no", "Yes. {}", "yes"),
        ("count", "{} The answer is 7.", 7),
        ("final_answer", "{}\nFinal Answer: 7", "7"),
    ],
)
def test_what_stands_at_an_end_of_a_long_answer_is_found(name: str, text: str, wanted: Any) -> None:
    assert PARSERS[name](text.format("well and well " * 5000), ("dog", "cat", "cow")) == wanted


def test_mentions_are_found_in_one_pass() -> None:
    assert mentions("cat " * 50_000 + "not a dog, bird", ("cat", "dog", "bird")) == ["cat", "bird"]
