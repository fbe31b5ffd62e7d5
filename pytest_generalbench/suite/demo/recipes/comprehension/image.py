"""Recipes for the image tasks."""

from __future__ import annotations

from typing import Any, Final

from pytest_generalbench.suite.demo.builder import COUNT, Entry, TaskBuilder
from pytest_generalbench.suite.demo.media import files
from pytest_generalbench.suite.demo.media.vocabulary import (
    ADJECTIVES,
    ANIMALS,
    CITIES,
    FIRMS,
    PARALLEL,
    PLACES,
    THINGS,
    full_name,
    labels_for,
    scenes,
)
from pytest_generalbench.suite.demo.recipes.comprehension.questions import choices, open_questions


def labels(kit: TaskBuilder) -> list[Entry]:
    """Classification: the reference under `text`, or `prediction` despite that name."""
    names = labels_for("anomaly" if kit.task.archetype == "image_anomaly_classification" else kit.slug)
    key = kit.fixed("text", "prediction", "text", "label")
    listed = kit.fixed("", f" Choose from: {', '.join(names)}.")
    return [
        {
            "input": {"image_file": kit.image(index), "prompt": f"What does {kit.title} give here?{listed}"},
            "output": {key: label},
        }
        for index, label in enumerate(kit.dice.spread(names, COUNT))
    ]


def choice_vqa(kit: TaskBuilder) -> list[Entry]:
    """Choices at the end of the question; one real task of these has yes and no and lists neither."""
    if kit.slug.startswith("lung-nodule"):
        return yes_no(kit)
    prompt = "Please answer the question based on the image, selecting one from the given choices."
    return [
        {
            "input": {"image_file": kit.image(index), "question": choice.with_list, "prompt": prompt},
            "output": {"text": choice.text},
        }
        for index, choice in enumerate(choices(kit.dice, "the marked things"))
    ]


def yes_no(kit: TaskBuilder) -> list[Entry]:
    """Yes or no, half of each."""
    prompt = "Please answer the question based on the image with yes or no."
    return [
        {
            "input": {
                "image_file": kit.image(index),
                "question": f"Is there a {ADJECTIVES[index]} spot in the {PLACES[index]} of this picture?",
                "prompt": prompt,
            },
            "output": {"text": answer},
        }
        for index, answer in enumerate(kit.dice.spread(("yes", "no"), COUNT))
    ]


def short_vqa(kit: TaskBuilder) -> list[Entry]:
    """Short answers: a list of accepted strings, or one."""
    entries: list[Entry] = []
    listed = kit.fixed("list", "text") == "list" or kit.slug.startswith("art-image")
    for index, asked in enumerate(open_questions(kit.dice)):
        answer: Any = [asked.short, asked.short.removeprefix("in the ")] if listed else asked.short
        question = asked.where
        if kit.task.metric.name == "bleu1":
            answer, question = asked.sentence, asked.question
        given = {"image_file": kit.image(index), "prompt": f"{asked.context} {question}"}
        entries.append({"input": given, "output": {"text": answer}})
    return entries


def documents(kit: TaskBuilder) -> list[Entry]:
    """Documents of one page or several."""
    entries: list[Entry] = []
    key = kit.fixed("text", "answer")
    for index in range(COUNT):
        total, firm = 100 + 37 * index + kit.dice.below(30), kit.dice.pick(FIRMS)
        given: Entry = {
            "prompt": "Answer the question from the document.",
            "question": f"What does {firm} owe?",
        }
        if kit.slug.startswith("multi-page"):
            given["images"] = kit.images(index, 2 + index % 2, pages=True)
        else:
            given["image_file"] = kit.image(index, files.page(index))
        entries.append({"input": given, "output": {key: [f"${total}.00", f"{total} dollars"]}})
    return entries


def captions(kit: TaskBuilder) -> list[Entry]:
    """Captions, one or a list of two."""
    several = kit.fixed("one", "two") == "two"
    lines = [f"{scene}." for scene in scenes(kit.dice, COUNT)]
    if "chinese" in kit.slug:
        lines = list(PARALLEL["Chinese"])
    entries: list[Entry] = []
    for index, line in enumerate(lines):
        answer: Any = [line, f"In this picture, {line[0].lower()}{line[1:]}"] if several else line
        given = {"image_file": kit.image(index), "prompt": "Describe the image in one sentence."}
        entries.append({"input": given, "output": {"text": answer}})
    return entries


def counts(kit: TaskBuilder) -> list[Entry]:
    """Counting; the reference is a number or the number as text, and the dots are there to be counted."""
    key, as_text = kit.fixed("text", "answer", "count"), kit.fixed("text", "number") == "text"
    entries: list[Entry] = []
    for index, number in enumerate(kit.dice.sample(range(2, 60), COUNT)):
        given = {"image_file": kit.image(index, files.dots(number, index)), "prompt": "How many are there?"}
        entries.append({"input": given, "output": {key: str(number) if as_text else number}})
    return entries


def ocr(kit: TaskBuilder) -> list[Entry]:
    """Text in pictures (the pictures of the demo show none)."""
    lines = scenes(kit.dice, COUNT)
    plates = [f"{a}{b} {n}" for a, b, n in zip("BKLMHSDF", "XYZABCEG", range(1207, 9999, 1103), strict=False)]
    texts = lines if kit.slug.startswith("handwriting") else plates
    if "oracle-bone" in kit.slug:
        texts = [sentence[:3] for sentence in PARALLEL["Chinese"]]
    return [
        {
            "input": {"image_file": kit.image(index), "prompt": "Read the text in the image."},
            "output": {"text": text},
        }
        for index, text in enumerate(texts)
    ]


def triplets(kit: TaskBuilder) -> list[Entry]:
    """Scene graphs and spatial relations: lists of subject, predicate, object."""
    number = 3 if "parsing" in kit.slug else 1
    entries: list[Entry] = []
    for index in range(COUNT):
        subjects, objects = kit.dice.sample(ANIMALS, number), kit.dice.sample(THINGS, number)
        relations = kit.dice.sample(("on", "under", "next to", "behind", "in front of"), number)
        rows = [list(row) for row in zip(subjects, relations, objects, strict=True)]
        given = {
            "image_file": kit.image(index),
            "prompt": "List the relations as subject, predicate, object.",
        }
        entries.append({"input": given, "output": {"text": rows}})
    return entries


def image_code(kit: TaskBuilder) -> list[Entry]:
    """LaTeX of a formula, or HTML of a sketch."""
    entries: list[Entry] = []
    for index, thing in enumerate(THINGS[:COUNT]):
        a, b = kit.dice.between(2, 9), kit.dice.between(2, 9)
        formula = (
            rf"\sum _ {{ i = {a} }} ^ {{ n }} x _ i ^ {{ {b} }} = \frac {{ {thing[0]} }} {{ {index + 2} }}"
        )
        page = (
            f"<html>\n<body>\n<h1>Our {thing}s</h1>\n<p>There are {a} of them.</p>\n"
            f"<ul>\n<li>{ADJECTIVES[index]}</li>\n</ul>\n</body>\n</html>"
        )
        latex = kit.slug.startswith("latex")
        asked = "Write the formula in LaTeX." if latex else "Write the HTML code of the sketched page."
        given = {"image_file": kit.image(index), "prompt": asked}
        entries.append({"input": given, "output": {"text": formula if latex else page}})
    return entries


def multi_choice(kit: TaskBuilder) -> list[Entry]:
    """Several images and options: the options in a list or in the question, the answer a letter or a text."""
    key, by_letter = (
        kit.fixed("images", "image_files", "image_file_list"),
        kit.fixed("letter", "text") == "letter",
    )
    listed = kit.fixed("list", "question") == "list"
    number = 2 if kit.task.inputs.startswith("image pair") else 3
    entries: list[Entry] = []
    for index, choice in enumerate(choices(kit.dice, "the things shown")):
        given: Entry = {key: kit.images(index, number)}
        given["question"] = choice.question if listed else choice.with_letters
        if listed:
            given["options"] = choice.options
        given["prompt"] = "Choose the right option."
        output = {"answer": choice.letter} if by_letter else {"text": choice.text}
        entries.append({"input": given, "output": output})
    return entries


def multi_open(kit: TaskBuilder) -> list[Entry]:
    """Several images and an answer of a sentence; some are dialogues."""
    key = kit.fixed("images", "image_files")
    entries: list[Entry] = []
    for index, (line, asked) in enumerate(
        zip(scenes(kit.dice, COUNT), open_questions(kit.dice), strict=True)
    ):
        given: Entry = {key: kit.images(index, 2 + index % 2)}
        if "dialogue" in kit.task.inputs:
            given["dialog"] = [f"I see the {THINGS[index]}.", asked.context, asked.question]
        given["prompt"] = f"Look at the pictures in order and answer: what happens for {kit.title}?"
        entries.append({"input": given, "output": {"text": f"{line}, and then everyone goes home."}})
    return entries


def extraction(kit: TaskBuilder) -> list[Entry]:
    """Entities or relations out of a text with a picture."""
    entries: list[Entry] = []
    for index in range(COUNT):
        person, firm, city = full_name(kit.dice), kit.dice.pick(FIRMS), CITIES[index]
        items, form = [f"{person}: person", f"{firm}: organization", f"{city}: location"], "name: type"
        if "relation" in kit.slug:
            items = [f"{person} - works for - {firm}", f"{firm} - seat in - {city}"]
            form = "subject - relation - object"
        text = f"{person} of {firm} is back in {city}!"
        given = {
            "image_file": kit.image(index),
            "text": text,
            "prompt": f"Do {kit.title} for text and image, each item as `{form}`.",
        }
        entries.append({"input": given, "output": {"text": items}})
    return entries


RECIPES: Final = {
    "image_classification": labels,
    "image_anomaly_classification": labels,
    "image_vqa_choice": choice_vqa,
    "image_vqa_yesno": yes_no,
    "image_vqa_short": short_vqa,
    "document_vqa": documents,
    "image_captioning": captions,
    "counting": counts,
    "ocr": ocr,
    "scene_graph": triplets,
    "image_to_code": image_code,
    "multi_image_choice_qa": multi_choice,
    "multi_image_open_generation": multi_open,
    "multimodal_information_extraction": extraction,
}
