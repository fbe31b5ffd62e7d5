"""Recipes for the language tasks that are answered with a text of some length, or with code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.suite.demo.builder import COUNT, Entry, TaskBuilder
from pytest_generalbench.suite.demo.media.vocabulary import (
    ADJECTIVES,
    CITIES,
    PARALLEL,
    PEOPLE,
    PLACES,
    THINGS,
    scenes,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def summaries(kit: TaskBuilder) -> list[Entry]:
    """Summarization: one document or a list of them."""
    kit.header["type"] = "Summarization"
    several = kit.slug.startswith("multi")
    key = "highlights" if kit.slug.startswith("extract") else "summary"
    entries: list[Entry] = []
    for main in scenes(kit.dice, COUNT):
        noise = [f"{line}." for line in kit.dice.sample(scenes(kit.dice, COUNT), 3)]
        text = [f"{main}, the town reported.", *noise]
        given: Entry = {"document_list": [" ".join(text[:2]), " ".join(text[2:]) + f" {main}."]}
        entries.append({**(given if several else {"document": " ".join(text)}), "output": {key: f"{main}."}})
    return entries


def translations(kit: TaskBuilder) -> list[Entry]:
    """Translation: languages and text at instance level, the reference a string or an object."""
    kit.header["type"] = "Translation"
    languages = {
        "english-chinese-translation": ("Chinese",),
        "english-french-translation": ("French",),
        "low-resource-translation": ("Swahili",),
    }.get(kit.slug, ("German", "Spanish", "French", "Chinese"))
    nested = kit.fixed("plain", "nested") == "nested"
    entries: list[Entry] = []
    for index, source in enumerate(PARALLEL["English"]):
        language = languages[index % len(languages)]
        target = PARALLEL[language][index]
        output = {"translation": target} if nested else target
        entries.append({"in": "English", "out": language, "input": source, "output": output})
    return entries


def stories(kit: TaskBuilder) -> list[Entry]:
    """Story Generation."""
    kit.header["type"] = "Story Generation"
    entries: list[Entry] = []
    rows = zip(scenes(kit.dice, COUNT), scenes(kit.dice, COUNT), THINGS, PLACES, strict=False)
    for first, second, thing, place in rows:
        story = (
            f"{first}. Nobody knew where the {thing} had gone. {second}, and there it was, in the {place}."
        )
        asked = {"prompt": f"Write a short story about a lost {thing} that is found in the {place}."}
        entries.append({"input": asked, "output": {"story": story}})
    return entries


def dialogues(kit: TaskBuilder) -> list[Entry]:
    """Dialogue: turns at instance level."""
    kit.header["type"] = "Dialogue"
    entries: list[Entry] = []
    for thing, place, look in zip(THINGS, PLACES, ADJECTIVES, strict=False):
        turns = [f"Have you seen my {look} {thing}?", "When did you use it last?", "I had it this morning."]
        reply = f"Then it must still be in the {place} behind the door."
        entries.append({"dialog": turns, "output": {"response": reply}})
    return entries


def paraphrases(kit: TaskBuilder) -> list[Entry]:
    """Paraphrase Generation."""
    kit.header["type"] = "Paraphrase Generation"
    return [
        {
            "input": {"originalSentence": f"{scene} because it is late."},
            "output": {"paraphraseSentence": f"As the hour is late, {scene}."},
        }
        for scene in scenes(kit.dice, COUNT)
    ]


def corrections(kit: TaskBuilder) -> list[Entry]:
    """Grammar Correction: keys with blanks in them."""
    kit.header["type"] = "Grammar Correction"
    return [
        {
            "input": {
                "Error Type": "Verb tense",
                "Ungrammatical Statement": f"Yesterday {person} go to the {place} and buy a {look} {thing}.",
            },
            "output": {
                "Standard English": f"Yesterday {person} went to the {place} and bought a {look} {thing}."
            },
        }
        for person, place, look, thing in zip(PEOPLE, PLACES, ADJECTIVES, THINGS, strict=False)
    ]


def styles(kit: TaskBuilder) -> list[Entry]:
    """Text Style Transfer."""
    kit.header["type"] = "Text Style Transfer"
    return [
        {
            "input": {"text": f"hey, gimme the {look} {thing} from the {place}", "style": "formal"},
            "output": {"answer": f"Would you please hand me the {look} {thing} from the {place}?"},
        }
        for look, thing, place in zip(ADJECTIVES, THINGS, PLACES, strict=False)
    ]


def tables(kit: TaskBuilder) -> list[Entry]:
    """Table-to-Text Generation."""
    kit.header["type"] = "Table-to-Text Generation"
    entries: list[Entry] = []
    for city, thing in zip(CITIES, THINGS[:COUNT], strict=False):
        low, high = kit.dice.between(10, 40), kit.dice.between(50, 90)
        table = {
            "header": ["year", "city", f"{thing}s sold"],
            "rows": [["2019", city, low], ["2020", city, high]],
        }
        text = f"In {city}, the number of {thing}s sold rose from {low} in 2019 to {high} in 2020."
        entries.append({"input": {"table": [table]}, "output": {"response": {"text": text}}})
    return entries


def proofs(kit: TaskBuilder) -> list[Entry]:
    """Proof: steps and conclusion."""
    kit.header["type"] = "Proof"
    entries: list[Entry] = []
    for number in range(3, 3 + COUNT):
        steps = [
            f"Let a = {number}m and b = {number}n with whole numbers m and n.",
            f"Then a + b = {number}m + {number}n = {number}(m + n).",
            "The number m + n is whole because m and n are.",
        ]
        proof = {"steps": steps, "conclusion": f"Therefore a + b is a multiple of {number}."}
        statement = f"The sum of two multiples of {number} is a multiple of {number}."
        entries.append({"statement": statement, "output": {"proof": proof}})
    return entries


def _function(name: str, start: int, bound: int, sign: str) -> str:
    return (
        f"def {name}(values):\n    result = {start}\n    for value in values:\n"
        f"        if value > {bound}:\n            result = result {sign} value\n"
        f"    average = result / max(len(values), 1)\n    return average"
    )


def _functions(kit: TaskBuilder) -> list[tuple[str, int, int, str]]:
    """Return name, start, bound and sign of the functions of the code tasks."""
    return [
        (f"mean_{thing}_{place}", kit.dice.between(0, 3), index + 2, "+-*"[index % 3])
        for index, (thing, place) in enumerate(zip(THINGS, PLACES, strict=False))
    ]


def _said(start: int, bound: int, sign: str) -> str:
    verb = {"+": "adds to", "-": "takes from", "*": "multiplies into"}[sign]
    return f"Starts at {start}, {verb} the result every value above {bound}, and returns their mean value."


def code(kit: TaskBuilder) -> list[Entry]:
    """Code Generation: a goal and a context of typed parts."""
    kit.header["type"] = "Code Generation"
    entries: list[Entry] = []
    for name, start, bound, sign in _functions(kit):
        example = [{"input": f"{name}([1, 20])", "output": "a number"}]
        context = [
            {"type": "description", "content": f"{_said(start, bound, sign)} The function is called {name}."},
            {"type": "example", "content": example},
        ]
        answer = {"response": {"content": _function(name, start, bound, sign)}}
        entries.append({"language": "python", "goal": "code", "context": context, "output": answer})
    return entries


def repairs(kit: TaskBuilder) -> list[Entry]:
    """Code Repair: the loop of the broken function never uses its value."""
    kit.header["type"] = "Code Repair"
    entries: list[Entry] = []
    for name, start, bound, sign in _functions(kit):
        right = _function(name, start, bound, sign)
        wrong = right.replace("len(values)", "len(value)").replace(f"{sign} value", f"{sign} values")
        asked = {"prompt": "Repair the function so that it runs.", "sourceCode": wrong}
        entries.append({"input": asked, "output": {"repairCode": right}})
    return entries


def explanations(kit: TaskBuilder) -> list[Entry]:
    """Code Explanation."""
    kit.header["type"] = "Code Explanation"
    return [
        {"code": _function(name, start, bound, sign), "output": {"nl": _said(start, bound, sign)}}
        for name, start, bound, sign in _functions(kit)
    ]


def queries(kit: TaskBuilder) -> list[Entry]:
    """Text to SQL."""
    kit.header["type"] = "Text to SQL"
    entries: list[Entry] = []
    for thing, city in zip(THINGS[:COUNT], CITIES, strict=False):
        bound = kit.dice.between(5, 60)
        schema = f"CREATE TABLE {thing}s (id INTEGER, name VARCHAR, price INTEGER, city VARCHAR)"
        question = f"What are the names of the {thing}s in {city} that cost more than {bound}?"
        sql = f"SELECT name FROM {thing}s WHERE city = '{city}' AND price > {bound}"  # noqa: S608 - text, never run
        entries.append({"input": {"context": schema, "question": question}, "output": {"sql": sql}})
    return entries


_BY_TASK: Final[dict[str, Callable[[TaskBuilder], list[Entry]]]] = {
    "code-repair": repairs,
    "text-to-sql-gen": queries,
    "code-explanation": explanations,
    "grammar-correction": corrections,
    "mathematical-proof-gen": proofs,
    "multi-turn-daily-dialogue-gen": dialogues,
    "paraphrase-gen": paraphrases,
    "table-to-text-gen": tables,
    "text-style-transfer": styles,
}


def written(kit: TaskBuilder) -> list[Entry]:
    """Return the recipe of one task's own type; a task that is unknown here writes stories or code."""
    default = code if kit.task.archetype == "code_generation" else stories
    return _BY_TASK.get(kit.slug, default)(kit)


RECIPES: Final = {
    "text_summarization": summaries,
    "text_translation": translations,
    "text_generation": written,
    "code_generation": written,
}
