"""Recipes for the language tasks that are answered with a choice, a label, a list or a short answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_generalbench.suite.demo.builder import COUNT, Entry, TaskBuilder
from pytest_generalbench.suite.demo.media.vocabulary import (
    ADJECTIVES,
    ANIMALS,
    CAUSES,
    CITIES,
    FIRMS,
    PEOPLE,
    PLACES,
    THINGS,
    full_name,
    labels_for,
    scenes,
)
from pytest_generalbench.suite.demo.recipes.comprehension.questions import choices, open_questions

if TYPE_CHECKING:
    from collections.abc import Callable


def choice_qa(kit: TaskBuilder) -> list[Entry]:
    """MultipleChoiceQA: question and options, answered by letter."""
    kit.header["type"] = "MultipleChoiceQA"
    if kit.slug == "causal-reasoning":
        return _causes(kit)
    return [
        {
            "input": {"question": choice.question, "options": choice.options},
            "output": {"answer": choice.letter},
        }
        for choice in choices(kit.dice)
    ]


def _causes(kit: TaskBuilder) -> list[Entry]:
    entries: list[Entry] = []
    for (cause, effect), right in zip(CAUSES, kit.dice.spread(range(3), COUNT), strict=True):
        options = kit.dice.sample([other for _, other in CAUSES if other != effect], 2)
        options.insert(right, effect)
        asked = {"question": f"What is the effect of: {cause}?", "options": options}
        entries.append({"input": asked, "output": {"answer": "ABC"[right]}})
    return entries


def open_qa(kit: TaskBuilder) -> list[Entry]:
    """OpenQA, with the fields that the task's own kind of question has."""
    kit.header["type"] = "OpenQA"
    special = {"temporal-reasoning": _durations, "table-question-answering": _tables, "triviaqa": _trivia}
    if kit.slug in special:
        return special[kit.slug](kit)
    with_list = kit.fixed("text", "text", "list") == "list"
    entries: list[Entry] = []
    for asked in open_questions(kit.dice):
        given = {"question": asked.question, "context": asked.context}
        if kit.slug == "tweet-question-answering":
            given = {"question": f"Tweet: {asked.context} {asked.question}"}
        answer = [asked.sentence, f"It is {asked.short}"] if with_list else asked.sentence
        if kit.task.metric.name == "token_f1":
            # A metric that punishes every word too many asks for a few of them.
            given = {key: text.replace(asked.question, asked.where) for key, text in given.items()}
            answer = [asked.short, asked.short.removeprefix("in the ")] if with_list else asked.short
        entries.append({"input": given, "output": {"answer": answer}})
    return entries


def _durations(kit: TaskBuilder) -> list[Entry]:
    numbers = kit.dice.sample(range(2, 12), COUNT)
    return [
        {
            "input": {"question": f"{scene} from {n} until {n + 1} o'clock. When does it end?"},
            "output": {"answer": [f"at {n + 1} o'clock", f"{n + 1}:00", f"it ends at {n + 1} o'clock"]},
        }
        for scene, n in zip(scenes(kit.dice, COUNT), numbers, strict=True)
    ]


def _tables(kit: TaskBuilder) -> list[Entry]:
    entries: list[Entry] = []
    for index in range(COUNT):
        cities, sold = kit.dice.sample(CITIES, 4), kit.dice.sample(range(11, 99), 4)
        table = {"header": ["city", "sold"], "rows": [[c, str(n)] for c, n in zip(cities, sold, strict=True)]}
        row = index % 4
        asked = {"question": f"How many were sold in {cities[row]}?", "table": table}
        entries.append({"input": asked, "output": {"answer": [str(sold[row])]}})
    return entries


def _trivia(kit: TaskBuilder) -> list[Entry]:
    return [
        {
            "input": {
                "question": f"Which animal in the story of the {look} {thing} lives in the {place}: {animal}?"
            },
            "output": {"answer": [animal, f"the {animal}"]},
        }
        for look, thing, place, animal in zip(
            kit.dice.spread(ADJECTIVES, COUNT), THINGS, PLACES, kit.dice.sample(ANIMALS, COUNT), strict=False
        )
    ]


def classification(kit: TaskBuilder) -> list[Entry]:
    """`classification`: a prompt with a placeholder, and a raw text."""
    if kit.slug == "code-defect-detection":
        return _defects(kit)
    kit.header["type"] = "classification"
    labels = labels_for(kit.slug)
    # The real stance prompts say <<<tweets>>> where all others say <<<raw_text>>>.
    field = "tweets" if kit.slug == "stance-detection" else "raw_text"
    aimed = kit.slug in ("stance-detection", "aspect-sentiment-classification")
    toward = " toward <<<target>>>" if aimed else ""
    ask = f"<<<{field}>>> What is the {kit.title} result{toward}? Choose from: {', '.join(labels)}."
    key = kit.fixed("category", "label", "category", "answer")
    entries: list[Entry] = []
    rows = zip(scenes(kit.dice, COUNT), kit.dice.spread(labels, COUNT), strict=True)
    for index, (scene, label) in enumerate(rows):
        given = {field: f"{scene}. The note on it says {label}.", "prompt": ask}
        if aimed:
            given["target"] = THINGS[index]
        entries.append({"input": given, "output": {key: label}})
    return entries


def _defects(kit: TaskBuilder) -> list[Entry]:
    kit.header["type"] = "Code Defect Detection"
    entries: list[Entry] = []
    for index, target in enumerate(kit.dice.spread((0, 1), COUNT)):
        bound = "<=" if target else "<"
        code = (
            f"int total_{THINGS[index]}(int *values, int n) {{\n    int sum = {index};\n"
            f"    for (int i = 0; i {bound} n; i++) {{\n        sum += values[i];\n    }}\n"
            "    return sum;\n}"
        )
        entries.append({"func": code, "output": {"target": target}})
    return entries


def extraction(kit: TaskBuilder) -> list[Entry]:
    """Lists in text: a prompt with `<<<raw_text>>>`, and items joined by a comma and a blank."""
    make, kind = _extraction_kind(kit.slug)
    kit.header["type"] = kind
    form = _item_form(kit.slug, make)
    ask = f"<<<raw_text>>>\nGive the result of {kit.title} for this text{form}."
    key = kit.fixed("entities", "result", "label", "answer")
    rows = [make(kit, index) for index in range(COUNT)]
    return [
        {
            "input": {"prompt": f"{ask}{_aim(kit.slug, text)}", "raw_text": text},
            "output": {key: ", ".join(items)},
        }
        for text, items in rows
    ]


def _item_form(slug: str, make: Callable[[TaskBuilder, int], _Row]) -> str:
    """Return how an item is written, for a prompt, where it has parts."""
    if make is _opinions:
        parts = _OPINION_PARTS.get(slug, ("aspect", "opinion", "sentiment"))
    elif make is _relations:
        parts = ("subject", "relation", "object")
    else:
        form = _PARSE_FORMS.get(slug, "role: phrase") if make is _parses else ""
        return f", each item as `{form}`" if form else ""
    return f", each item as `{' - '.join(parts)}`" if len(parts) > 1 else ""


def _aim(slug: str, text: str) -> str:
    """Return the targets whose opinion words are asked for, for the task that asks for those."""
    if not slug.startswith("target-oriented"):
        return ""
    targets = ", ".join(re.findall(r"the (\w+) is", text))
    return f" The targets are: {targets}."


_Row = tuple[str, list[str]]
_OPINION_PARTS: Final[dict[str, tuple[str, ...]]] = {
    "aspect-category-detection": ("aspect",),
    "aspect-term-extraction": ("aspect",),
    "target-oriented-opinion-words-extraction": ("opinion",),
    "aspect-opinion-pair-extraction": ("aspect", "opinion"),
    "end-to-end-absa": ("aspect", "sentiment"),
    "aspect-category-sentiment-detection": ("aspect", "sentiment"),
}
"""What an item of a task about opinions holds; all three where nothing is said here."""
_PARSE_FORMS: Final = {
    "part-of-speech": "word/TAG",
    "dependency-parsing": "relation(head-word)",
    "constituency-parsing": "(LABEL ...)",
    "abstract-meaning-representation": "(variable / concept :role ...)",
}
"""How an item of a parse is written; what is not here has roles."""


def _entities(kit: TaskBuilder, index: int) -> _Row:
    person, city, firm = full_name(kit.dice), kit.dice.pick(CITIES), kit.dice.pick(FIRMS)
    text = f"In {city}, {person} signed a contract with {firm} about {index + 2} machines."
    if "person" in kit.slug:
        other = full_name(kit.dice)
        return f"{text} {other} was there too.", list(dict.fromkeys((person, other)))
    if "location" in kit.slug:
        second = kit.dice.pick([name for name in CITIES if name != city])
        return f"{text} They met again in {second}.", [city, second]
    if "organization" in kit.slug:
        second = kit.dice.pick([name for name in FIRMS if name != firm])
        return f"{text} A rival, {second}, had lost.", [firm, second]
    return text, [city, person, firm]


def _terms(kit: TaskBuilder, index: int) -> _Row:
    drug = ("aspirin", "metformin", "ibuprofen", "insulin", "warfarin", "codeine", "heparin", "statin")[index]
    illness = kit.dice.pick(("asthma", "migraine", "arthritis", "influenza", "anemia"))
    gene = f"{kit.dice.pick(('BRCA', 'TP', 'KRAS', 'MYC', 'EGFR'))}{kit.dice.between(1, 60)}"
    return f"Patients with {illness} who took {drug} showed more {gene} activity.", [illness, drug, gene]


def _relations(kit: TaskBuilder, index: int) -> _Row:
    person, firm, city = full_name(kit.dice), kit.dice.pick(FIRMS), kit.dice.pick(CITIES)
    text = f"{person} works for {firm}, which has its seat in {city} since {1980 + index}."
    return text, [f"{person} - works for - {firm}", f"{firm} - seat in - {city}"]


def _opinions(kit: TaskBuilder, index: int) -> _Row:
    good, bad = kit.dice.sample(("screen", "battery", "service", "soup", "keyboard", "waiter"), 2)
    praise = ("excellent", "great", "lovely", "superb", "fine", "perfect", "pleasant", "brilliant")[index]
    blame = kit.dice.pick(("poor", "awful", "slow", "bland"))
    text = f"Order {index + 1}: the {good} is {praise} but the {bad} is {blame}."
    rows = (
        {"aspect": good, "opinion": praise, "sentiment": "positive"},
        {"aspect": bad, "opinion": blame, "sentiment": "negative"},
    )
    parts = _OPINION_PARTS.get(kit.slug, ("aspect", "opinion", "sentiment"))
    return text, [" - ".join(row[part] for part in parts) for row in rows]


def _events(kit: TaskBuilder, index: int) -> _Row:
    verb, noun = (
        ("attacked", "election"), ("married", "trial"), ("resigned", "merger"), ("arrested", "protest"),
        ("founded", "strike"), ("elected", "attack"), ("acquired", "wedding"), ("injured", "meeting"),
    )[index]  # fmt: skip
    return f"{full_name(kit.dice)} was {verb} in {kit.dice.pick(CITIES)} after the {noun}.", [verb, noun]


def _parses(kit: TaskBuilder, index: int) -> _Row:
    animal, look, place = kit.dice.pick(ANIMALS), ADJECTIVES[index], kit.dice.pick(PLACES)
    text = f"The {look} {animal} sleeps in the {place}"
    items = {
        "part-of-speech": [
            "the/DT", f"{look}/JJ", f"{animal}/NN", "sleeps/VBZ", "in/IN", "the/DT", f"{place}/NN",
        ],
        "dependency-parsing": [
            f"det({animal}-the)", f"amod({animal}-{look})", f"nsubj(sleeps-{animal})", f"obl(sleeps-{place})",
        ],
        "constituency-parsing": [
            f"(S (NP (DT the) (JJ {look}) (NN {animal})) "
            f"(VP (VBZ sleeps) (PP (IN in) (NP (DT the) (NN {place})))))"
        ],
        "abstract-meaning-representation": [
            f"(s / sleep-01 :ARG0 (a / {animal} :mod (l / {look})) :location (p / {place}))"
        ],
    }  # fmt: skip
    return text, items.get(kit.slug, [f"ARG0: the {look} {animal}", "V: sleeps", f"ARGM-LOC: in the {place}"])


def _extraction_kind(slug: str) -> tuple[Callable[[TaskBuilder, int], _Row], str]:
    """Return what makes the rows of an extraction task, and the type its file states."""
    kinds: tuple[tuple[tuple[str, ...], Callable[[TaskBuilder, int], _Row], str], ...] = (
        (("parsing", "part-of-speech", "meaning-representation", "semantic-role"), _parses, "parsing"),
        (("event-trigger",), _events, "event detection"),
        (("category-detection",), _opinions, "multi label classification"),
        (("aspect", "opinion", "sentiment", "absa"), _opinions, "extraction"),
        (("relation", "docre", "-re", "interaction", "association"), _relations, "relation extraction"),
        (("person", "location", "organization", "legal", "temporal"), _entities, "ner"),
    )
    for words, make, kind in kinds:
        if any(word in slug for word in words):
            return make, kind
    return _terms, "ner"


def time_series(kit: TaskBuilder) -> list[Entry]:
    """Time Series: numbers, and the one that follows."""
    kit.header["type"] = "Time Series"
    entries: list[Entry] = []
    for index in range(COUNT):
        step = kit.dice.between(2, 9) / 4
        values = [round(10 + 3 * index + step * moment, 2) for moment in range(9)]
        entries.append({"input": {"data": values[:-1]}, "output": {"target": values[-1]}})
    return entries


def word_problems(kit: TaskBuilder) -> list[Entry]:
    """Mathematical Word Problem Solving: the final answer is text in some instances, a number in others."""
    kit.header["type"] = "Mathematical Word Problem Solving"
    entries: list[Entry] = []
    for index, person in enumerate(kit.dice.sample(PEOPLE, COUNT)):
        boxes, each, eaten = kit.dice.between(3, 9), kit.dice.between(4, 12), index + 1
        left = boxes * each - eaten
        text = f"{person} buys {boxes} boxes of {each} apples and eats {eaten}. How many apples are left?"
        problem = {"text": text, "constraints": ["Every box is full.", "No apple is bought later."]}
        answer = str(left) if index % 2 else left
        entries.append({"problem": problem, "output": {"solution": {"final_answer": answer}}})
    return entries


RECIPES: Final = {
    "text_mcqa": choice_qa,
    "text_open_qa": open_qa,
    "text_classification": classification,
    "text_extraction": extraction,
    "time_series_forecasting": time_series,
    "math_word_problem": word_problems,
}
