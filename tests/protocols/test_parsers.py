from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.protocols.text.parsers.registry import PARSERS

RELATIONS = ("contradiction", "entailment", "neutral")
ENTAILED = ("entailment", "not entailment")
SEXES = ("female", "male")
QUALITIES = ("bright", "dark", "percussive")
RIDING = (("man", "riding", "horse"),)
BOTH = (*RIDING, ("man", "has", "hat"))

Case = tuple[str, str, tuple[str, ...], Any]

YES_NO: tuple[Case, ...] = (
    ("yes_no", "Yes", (), "yes"),
    ("yes_no", "yes.", (), "yes"),
    ("yes_no", "**No**", (), "no"),
    ("yes_no", "No, there is not.", (), "no"),
    ("yes_no", "The answer is yes.", (), "yes"),
    ("yes_no", "Answer: no", (), "no"),
    ("yes_no", "true", (), "yes"),
    ("yes_no", "False.", (), "no"),
    ("yes_no", "是", (), "yes"),
    ("yes_no", "不是", (), "no"),
    ("yes_no", "是的，有", (), "yes"),
    ("yes_no", "没有", (), "no"),
    ("yes_no", "不对", (), "no"),
    ("yes_no", "对", (), "yes"),
    ("yes_no", "否", (), "no"),
    ("yes_no", "对不起，我不能回答", (), None),
    ("yes_no", "是否存在不确定", (), None),
    ("yes_no", "There is a yes here", (), "yes"),
    ("yes_no", "yes and no", (), None),
    ("yes_no", "Maybe", (), None),
    ("yes_no", "", (), None),
    ("yes_no", "I know nothing", (), None),
    ("yes_no", "\\boxed{Yes}", (), "yes"),
    ("yes_no", "Y", (), "yes"),
    ("yes_no", "n", (), "no"),
    ("yes_no", "correct", (), "yes"),
    ("yes_no", "Incorrect.", (), "no"),
    ("yes_no", "<think>yes</think>No", (), "no"),
    ("yes_no", "I don't know", (), None),
    ("yes_no", "Not sure", (), None),
    ("yes_no", "答案：是", (), "yes"),
    ("yes_no", "There is no dog.", (), "no"),
    ("yes_no", "Yes/No", (), None),
    ("yes_no", "The statement is false", (), "no"),
    ("yes_no", "now", (), None),
    ("yes_no", "Yesterday", (), None),
)

LABEL: tuple[Case, ...] = (
    ("label", "neutral", RELATIONS, "neutral"),
    ("label", "Neutral.", RELATIONS, "neutral"),
    ("label", "**Entailment**", RELATIONS, "entailment"),
    ("label", "The category is neutral because it's not a contradiction", RELATIONS, "neutral"),
    ("label", "not entailment", ENTAILED, "not entailment"),
    ("label", "Not_entailment", ENTAILED, "not entailment"),
    ("label", "It is entailment", ENTAILED, "entailment"),
    ("label", "female", SEXES, "female"),
    ("label", "The speaker is female.", SEXES, "female"),
    ("label", "Male", SEXES, "male"),
    ("label", "caterpillar", ("cat", "dog"), "caterpillar"),
    ("label", "The animal is a cat", ("cat", "dog"), "cat"),
    ("label", "cat or dog", ("cat", "dog"), "cat or dog"),
    ("label", "", RELATIONS, None),
    ("label", "banana", RELATIONS, "banana"),
    ("label", "Label: neutral\nbecause of contradiction", RELATIONS, "neutral"),
    ("label", "The answer is: **neutral**", RELATIONS, "neutral"),
    ("label", "not toxic", ("toxic", "normal"), "not toxic"),
    ("label", "I think...\nneutral", RELATIONS, "neutral"),
    ("label", "画家是齐白石", ("齐白石", "张大千"), "齐白石"),
    ("label", "long_tones", ("long tones", "scales"), "long tones"),
    ("label", "hip hop", ("hip-hop", "jazz"), "hip-hop"),
    ("label", "\\boxed{neutral}", RELATIONS, "neutral"),
    ("label", "Is it neutral? No, contradiction", RELATIONS, "contradiction"),
    ("label", "<think>contradiction</think>neutral", RELATIONS, "neutral"),
    ("label", "-1", ("-1", "0", "1"), "-1"),
    ("label", "1", ("-1", "0", "1"), "1"),
    ("label", "Qin Feng", ("Qin Feng", "Qi Baishi"), "Qin Feng"),
    ("label", "The painter is most likely Qin Feng.", ("Qin Feng", "Qi Baishi"), "Qin Feng"),
    ("label", "Sentiment: positive", ("positive", "negative"), "positive"),
    ("label", "this is positive news, the sentiment is negative", ("negative", "positive"), "negative"),
    ("label", "The answer is Cat.", (), "cat"),
    ("label", "Label: Big_Dog", (), "big dog"),
    ("label", "", (), None),
    ("label", "Qin Feng", (), "qin feng"),
)

LABELS: tuple[Case, ...] = (
    ("labels", "bright, dark", QUALITIES, "bright, dark"),
    ("labels", "percussive and bright", QUALITIES, "bright, percussive"),
    ("labels", "['percussive','bright']", QUALITIES, "bright, percussive"),
    ("labels", "none", QUALITIES, "none"),
    ("labels", "", QUALITIES, None),
    ("labels", "It sounds bright.", QUALITIES, "bright"),
    ("labels", "weird", QUALITIES, "weird"),
    ("labels", "Qualities: dark; bright", QUALITIES, "bright, dark"),
    ("labels", "Bright,Percussive", QUALITIES, "bright, percussive"),
)

FIRST_LINE: tuple[Case, ...] = (
    ("first_line", "Paris", (), "Paris"),
    ("first_line", "Answer: Paris", (), "Paris"),
    ("first_line", "The answer is Paris.", (), "Paris."),
    ("first_line", "**Paris**", (), "Paris"),
    ("first_line", "\n\nParis\nbecause", (), "Paris"),
    ("first_line", '"Paris"', (), "Paris"),
    ("first_line", "", (), None),
    ("first_line", "<think>a", (), None),
)

FINAL_ANSWER: tuple[Case, ...] = (
    ("final_answer", "18", (), "18"),
    ("final_answer", "18.", (), "18"),
    ("final_answer", "$1,234.50", (), "1234.5"),
    ("final_answer", "1/2", (), "1/2"),
    ("final_answer", "... Final Answer: 18", (), "18"),
    ("final_answer", "**Final Answer:** 18", (), "18"),
    ("final_answer", "final answer: $18", (), "18"),
    ("final_answer", "Final answer: 5\nFinal Answer: 7", (), "7"),
    ("final_answer", "\\boxed{42}", (), "42"),
    ("final_answer", "\\boxed{\\frac{1}{2}}", (), "1/2"),
    ("final_answer", "The total is 3+4=7 apples.", (), "7"),
    ("final_answer", "**Final Answer**\n\n18", (), "18"),
    ("final_answer", "Final Answer: 18 apples", (), "18"),
    ("final_answer", "Final Answer: x = 5", (), "5"),
    ("final_answer", "Final Answer: blue", (), "blue"),
    ("final_answer", "", (), None),
    ("final_answer", "blue", (), "blue"),
    ("final_answer", "Final Answer: 3 hours 20 minutes", (), "3 hours 20 minutes"),
    ("final_answer", "The final answer is 12.", (), "12"),
    ("final_answer", "Final Answer: 50%", (), "50"),
    ("final_answer", "Final Answer: -3.0", (), "-3"),
    ("final_answer", "Final Answer: 0.50", (), "0.5"),
    ("final_answer", "Final Answer: .5", (), "0.5"),
    ("final_answer", "Final Answer: 5 million", (), "5 million"),
    ("final_answer", "18 apples", (), "18"),
    ("final_answer", "Answer: 1,000", (), "1000"),
    ("final_answer", "Final Answer: $\\boxed{12}$", (), "12"),
    ("final_answer", "Final Answer: 007", (), "7"),
)

COUNT: tuple[Case, ...] = (
    ("count", "5", (), 5.0),
    ("count", "1,234", (), 1234.0),
    ("count", "There are 12 people.", (), 12.0),
    ("count", "three", (), 3.0),
    ("count", "Twenty-one birds", (), 21.0),
    ("count", "one hundred and five", (), 105.0),
    ("count", "two thousand three hundred", (), 2300.0),
    ("count", "Answer: 7 out of 10", (), 7.0),
    ("count", "I count 3 in front and 4 behind, total: 7", (), 7.0),
    ("count", "about 3-5", (), 5.0),
    ("count", "no", (), None),
    ("count", "", (), None),
    ("count", "The 3D scene has 4 cars", (), 4.0),
    ("count", "约有12个人", (), 12.0),
    ("count", "**42**", (), 42.0),
    ("count", "The answer is 5. There are 2 rows.", (), 5.0),
    ("count", "\\boxed{9}", (), 9.0),
    ("count", "1e999", (), None),
    ("count", "-2", (), -2.0),
    ("count", "none", (), 0.0),
    ("count", "someone", (), None),
    ("count", "5.", (), 5.0),
    ("count", "1.5", (), 1.5),
)

SERIES: tuple[Case, ...] = (
    ("series", "1.5", (), 1.5),
    ("series", "[1,234.5]", (), 1234.5),
    ("series", "[1.5 USD]", (), 1.5),
    ("series", "[3.1, 2.7]", (), 3.1),
    ("series", "[1, 234.5]", (), 1.0),
    ("series", "", (), None),
    ("series", "abc", (), None),
    ("series", "The series [1, 2, 3] continues with [4.5]", (), 4.5),
    ("series", "[-1.2e-3]", (), -0.0012),
    ("series", "nan", (), None),
)

ITEMS: tuple[Case, ...] = (
    ("items", "Paris, London", (), ("paris", "london")),
    ("items", "Paris,London", (), ("paris", "london")),
    ("items", "Paris\nLondon", (), ("paris", "london")),
    ("items", "- Paris\n- London.", (), ("paris", "london")),
    ("items", "1. Paris\n2. London", (), ("paris", "london")),
    ("items", '["Paris","London"]', (), ("paris", "london")),
    ("items", "['Paris', 'London']", (), ("paris", "london")),
    ("items", "(Paris, LOC), (Bob, PER)", (), ("paris, loc", "bob, per")),
    ("items", '[["Paris","LOC"],["Bob","PER"]]', (), ("paris, loc", "bob, per")),
    ("items", '[{"type":"LOC","entity":"Paris"}]', (), ("paris, loc",)),
    ("items", "none", (), ()),
    ("items", "None.", (), ()),
    ("items", "[]", (), ()),
    ("items", "", (), None),
    ("items", "Paris; London", (), ("paris", "london")),
    ("items", "Paris<p>London", (), ("paris", "london")),
    ("items", "[Paris, London]", (), ("paris", "london")),
    ("items", '```json\n["a"]\n```', (), ("a",)),
    ("items", "Here are the entities:\n- a\n- b", (), ("a", "b")),
    ("items", 'The entities: ["a", "b"]', (), ("a", "b")),
    ("items", '{"PER": ["Bob"], "LOC": ["Paris"]}', (), ("bob, per", "paris, loc")),
    ("items", "(Paris, LOC)", (), ("paris, loc",)),
    ("items", "(a, (b, c)), (d, e)", (), ("a, (b, c)", "d, e")),
    ("items", '{"items": ["a","b"]}', (), ("a", "b")),
    ("items", "food (great), drink", (), ("food (great)", "drink")),
    ("items", ":) nice, b", (), (":) nice", "b")),
    ("items", "[(a, b), (c, d)]", (), ("a, b", "c, d")),
    ("items", "Answer: a, b", (), ("a", "b")),
    ("items", "a (b, c", (), ("a (b", "c")),
)

TRIPLETS: tuple[Case, ...] = (
    ("triplets", "(man, riding, horse)", (), RIDING),
    ("triplets", "man - riding - horse", (), RIDING),
    ("triplets", "man -> riding -> horse\nman -> has -> hat", (), BOTH),
    ("triplets", '[["man","riding","horse"],["man","has","hat"]]', (), BOTH),
    ("triplets", '[{"subject":"man","relation":"riding","object":"horse"}]', (), RIDING),
    ("triplets", "(man, riding, horse), (man, has, hat)", (), BOTH),
    ("triplets", "1. (Man, riding, horse)\n2. man, has, hat", (), BOTH[:1]),
    ("triplets", "none", (), ()),
    ("triplets", "", (), None),
    ("triplets", "a man", (), None),
    ("triplets", '["man","riding","horse"]', (), RIDING),
    ("triplets", "<man, riding, horse>", (), RIDING),
    ("triplets", "- man, riding, horse\n- man, has, hat", (), BOTH),
    ("triplets", '{"triplets":[["man","riding","horse"]]}', (), RIDING),
)

CODE: tuple[Case, ...] = (
    ("code", "```python\nx = 1\n```", (), "x = 1"),
    ("code", "Here:\n```\na\n```\nand\n```py\nlonger code\n  b\n```", (), "longer code\n  b"),
    ("code", "Code: x = 1", (), "x = 1"),
    ("code", "    return 1\n", (), "    return 1"),
    ("code", "", (), None),
    ("code", "```python\nx = 1", (), "x = 1"),
    ("code", "```x```", (), "x"),
)

SQL: tuple[Case, ...] = (
    ("sql", "```sql\nSELECT *\n FROM t;\n```", (), "SELECT * FROM t"),
    ("sql", "SELECT a ;", (), "SELECT a"),
    ("sql", "SQL: SELECT 1;", (), "SELECT 1"),
)

WRITTEN: tuple[Case, ...] = (
    ("written", "ABC 123", (), "ABC 123"),
    ("written", 'The text reads: "ABC"', (), "ABC"),
    ("written", 'The text in the image says "ABC"', (), "ABC"),
    ("written", "Answer: X1", (), "X1"),
    ("written", "a\nb", (), "a\nb"),
)

CASES = (
    *YES_NO,
    *LABEL,
    *LABELS,
    *FIRST_LINE,
    *FINAL_ANSWER,
    *COUNT,
    *SERIES,
    *ITEMS,
    *TRIPLETS,
    *CODE,
    *SQL,
    *WRITTEN,
)


@pytest.mark.parametrize(("parser", "text", "choices", "wanted"), CASES)
def test_a_parser_reads_what_a_person_would(
    parser: str, text: str, choices: tuple[str, ...], wanted: Any
) -> None:
    assert PARSERS[parser](text, choices) == wanted


CHOICES = st.sampled_from([(), ("cat", "dog"), RELATIONS, ENTAILED, ("是", "否")])
MARKUP = st.text(
    alphabet=st.sampled_from(list("[](){}<>\"'`,;:.-*$\\/|\n\t 0123456789eEabAB是否：（）")), max_size=60
)


@pytest.mark.parametrize("name", sorted(PARSERS))
@given(text=st.text(max_size=60) | MARKUP, choices=CHOICES)
def test_no_parser_ever_raises(name: str, text: str, choices: tuple[str, ...]) -> None:
    PARSERS[name](text, choices)


@pytest.mark.parametrize("name", sorted(PARSERS))
@pytest.mark.parametrize("text", ["", "   ", "\n\n", "<think>still thinking"])
def test_an_empty_answer_is_no_answer(name: str, text: str) -> None:
    assert PARSERS[name](text, ("cat", "dog")) is None


@pytest.mark.parametrize("name", sorted(PARSERS))
@pytest.mark.parametrize(
    "text",
    [
        "[" * 30_000,
        "(" * 30_000,
        "a," * 30_000,
        "\\boxed{" * 5_000,
        "1," * 30_000,
        "- " * 30_000,
        "answer " * 9_000,
    ],
)
def test_a_hostile_answer_is_read_in_bounded_time(name: str, text: str) -> None:
    PARSERS[name](text, ("cat", "dog"))
