"""Recipes for the video, audio and 3D tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.suite.demo.builder import COUNT, Entry, TaskBuilder
from pytest_generalbench.suite.demo.media.vocabulary import (
    ADJECTIVES,
    ANIMALS,
    CITIES,
    PLACES,
    THINGS,
    full_name,
    labels_for,
    scenes,
)
from pytest_generalbench.suite.demo.recipes.comprehension.questions import choices, open_questions

if TYPE_CHECKING:
    from collections.abc import Callable


def _filmed(kit: TaskBuilder, prompts: list[str], answers: list[Any], key: str = "text") -> list[Entry]:
    """Return video instances as most video tasks have them: a list of frame files and a prompt."""
    return [
        {"input": {"video_file_list": kit.frames(index), "prompt": prompt}, "output": {key: answer}}
        for index, (prompt, answer) in enumerate(zip(prompts, answers, strict=True))
    ]


def video_open(kit: TaskBuilder) -> list[Entry]:
    """Captions, open questions and described recognition."""
    if kit.task.archetype == "video_captioning":
        lines = [f"{scene}." for scene in scenes(kit.dice, COUNT)]
        return _filmed(kit, ["Describe the video in one sentence."] * COUNT, lines)
    asked = open_questions(kit.dice)
    return _filmed(kit, [f"{one.context} {one.question}" for one in asked], [one.sentence for one in asked])


def video_short(kit: TaskBuilder) -> list[Entry]:
    """Short answers, some of them with several accepted forms."""
    asked = open_questions(kit.dice)
    listed = kit.fixed("text", "list") == "list"
    answers = [[one.short, one.short.removeprefix("in the ")] if listed else one.short for one in asked]
    return _filmed(kit, [f"{one.context} {one.where}" for one in asked], answers)


def video_labels(kit: TaskBuilder) -> list[Entry]:
    """Recognition: labels, a number of actions, or an order of four."""
    answers: list[Any] = kit.dice.spread(labels_for(kit.slug), COUNT)
    prompt = f"What does {kit.title} give for this video?"
    if kit.slug == "video-action-counting":
        answers = [str(number) for number in kit.dice.sample(range(1, 14), COUNT)]
        prompt = "How often does the action happen? Answer in Arabic numerals only."
    elif kit.slug == "video-action-ordering":
        answers = ["->".join(kit.dice.shuffled("1234")) for _ in range(COUNT)]
        prompt = "In which order do the four actions happen? Answer like 1->2->3->4."
    elif kit.slug == "sign-language-video-recognition":
        answers = list(THINGS[:COUNT])
        prompt = "Which word is signed? Answer with one word."
    return _filmed(kit, [prompt] * COUNT, answers)


def matching(kit: TaskBuilder) -> list[Entry]:
    """Matching: a folder of frames, options in the prompt, `output.answer`."""
    listed = kit.fixed("text", "text", "list") == "list"
    return [
        {
            "input": {"video_folder": kit.video_folder(index), "prompt": choice.with_letters},
            "output": {"answer": [choice.letter] if listed else choice.letter},
        }
        for index, choice in enumerate(choices(kit.dice, "the objects"))
    ]


def sarcasm(kit: TaskBuilder) -> list[Entry]:
    """Sarcasm in video and speech text."""
    lines, verdicts = scenes(kit.dice, COUNT), kit.dice.spread(labels_for("sarcasm"), COUNT)
    entries = _filmed(kit, ["Is the speaker sarcastic or not sarcastic?"] * COUNT, list(verdicts))
    for entry, line in zip(entries, lines, strict=True):
        entry["input"]["utterance"] = f"Oh great, {line}."
    return entries


def roles(kit: TaskBuilder) -> list[Entry]:
    """Semantic roles: an object of events, each with a verb and who takes part."""
    answers: list[Any] = []
    for index in range(COUNT):
        events = {}
        for number in (1, 2):
            events[f"Ev{number}"] = {
                "Verb": kit.dice.pick(("push", "carry", "open", "throw", "lift", "watch")),
                "Arg0": f"{full_name(kit.dice)} with a {ADJECTIVES[index]} hat",
                "Arg1": f"the {kit.dice.pick(THINGS)}",
                "AScn": f"in the {kit.dice.pick(PLACES)}",
            }
        answers.append(events)
    return _filmed(kit, ["Name verb and roles of each event in the video."] * COUNT, answers)


def audio_labels(kit: TaskBuilder) -> list[Entry]:
    """Audio classification, with the odd references that some of the tasks have."""
    special: dict[str, Callable[[TaskBuilder], list[Any]]] = {
        "bird-sound-detection": lambda k: list(k.dice.spread((0, 1), COUNT)),
        "music-pitch-analysis": lambda k: k.dice.sample(range(30, 90), COUNT),
        "note-qualities-analysis": _qualities,
        "intent-classification": _intents,
    }
    answers: list[Any] = list(kit.dice.spread(labels_for(kit.slug), COUNT))
    if kit.slug in special:
        answers = special[kit.slug](kit)
    prompts = {
        "bird-sound-detection": "Is there a bird in the recording?",
        "music-pitch-analysis": "Which MIDI pitch has the note? Answer with a number from 0 to 127.",
        "note-qualities-analysis": "Which qualities does the note have?",
        "intent-classification": "Which action, object and location does the speaker mean?",
    }
    # The released code mends the slashes of three tasks; they were written on Windows.
    mended = kit.slug in ("music-genre-classification", "speech-command", "vocal-technique-detection")
    prompt = prompts.get(kit.slug, f"What does {kit.title} give for this recording?")
    return [
        {"input": {"audio_file": kit.audio(index, mended), "prompt": prompt}, "output": {"text": answer}}
        for index, answer in enumerate(answers)
    ]


def _qualities(kit: TaskBuilder) -> list[Any]:
    known = ("bright", "dark", "distortion", "fast decay", "percussive", "reverb")
    return [[known[index % 6], known[(index // 2 + 3) % 6]] for index in range(COUNT)]


def _intents(kit: TaskBuilder) -> list[Any]:
    """Return code triples; `intent_label` maps codes to words and words to codes."""
    slots = {
        "action": ("activate", "deactivate", "increase", "decrease"),
        "object": ("lights", "heat", "volume", "none"),
        "location": ("kitchen", "bedroom", "washroom", "none"),
    }
    kit.header["intent_label"] = {
        slot: {
            **{str(code): word for code, word in enumerate(words)},
            **{word: str(code) for code, word in enumerate(words)},
        }
        for slot, words in slots.items()
    }
    return [f"{index % 4} {(index * 3 + 1) % 4} {(index // 2) % 4}" for index in range(COUNT)]


def audio_choice(kit: TaskBuilder) -> list[Entry]:
    """Questions about a recording, the choices at their end."""
    return [
        {
            "input": {"audio_file": kit.audio(index), "prompt": choice.with_list},
            "output": {"text": choice.text},
        }
        for index, choice in enumerate(choices(kit.dice, "the things mentioned"))
    ]


def audio_open(kit: TaskBuilder) -> list[Entry]:
    """Open questions and captions; long captions come with two references."""
    several = kit.slug == "long-audio-captioning"
    entries: list[Entry] = []
    for index, (scene, animal) in enumerate(zip(scenes(kit.dice, COUNT), ANIMALS, strict=False)):
        line = f"A {animal} calls twice while {scene}."
        answer: Any = (
            [line, f"Someone is heard and a {animal} calls in the {PLACES[index]}."] if several else line
        )
        asked = "What can be heard in the recording, and in which order?"
        given = {"audio_file": kit.audio(index), "prompt": asked}
        entries.append({"input": given, "output": {"text": answer}})
    return entries


def speech_events(kit: TaskBuilder) -> list[Entry]:
    """Events in speech."""
    entries: list[Entry] = []
    for index, city in enumerate(CITIES[:COUNT]):
        verb = ("resigned", "married", "arrested", "elected", "injured", "founded", "sued", "acquitted")[
            index
        ]
        items = [f"{verb} - person - {full_name(kit.dice)}", f"{verb} - place - {city}"]
        given = {"audio_file": kit.audio(index), "prompt": "List each event as trigger - role - argument."}
        entries.append({"input": given, "output": {"text": items}})
    return entries


def point_labels(kit: TaskBuilder) -> list[Entry]:
    """3D classification."""
    names, key = labels_for(kit.slug), kit.fixed("text", "label")
    prompt = f"What is this object? Choose from: {', '.join(names)}."
    field = kit.fixed("point_cloud", "pointcloud_file")
    return [
        {"input": {field: kit.points(index), "prompt": prompt}, "output": {key: label}}
        for index, label in enumerate(kit.dice.spread(names, COUNT))
    ]


def point_questions(kit: TaskBuilder) -> list[Entry]:
    """Questions about a scene, some with the situation of the one who asks."""
    long = kit.task.archetype == "3d_scene_qa"
    entries: list[Entry] = []
    verdicts = kit.dice.spread(("yes", "no"), COUNT)
    for index, asked in enumerate(open_questions(kit.dice)):
        given: Entry = {"pointcloud": kit.points(index), "question": asked.question if long else asked.where}
        answer: Any = [asked.sentence, f"It is {asked.short} behind the door"] if long else asked.short
        if not long:
            given["situation"] = f"I stand in the {PLACES[index]} and face the {THINGS[index]}."
        if kit.slug.endswith(("-can", "-is")):
            ask = "Can the {} be reached from here?" if kit.slug.endswith("-can") else "Is the {} near?"
            given["question"] = ask.format(THINGS[index])
            answer = verdicts[index]
        entries.append({"input": given, "output": {"answer": answer}})
    return entries


def motion_captions(kit: TaskBuilder) -> list[Entry]:
    """Captions of motion, two for each."""
    return [
        {
            "input": {"motion_file": kit.motion(index), "prompt": "Describe the motion in one sentence."},
            "output": {"text": [f"{scene} with both arms raised", f"a person: {scene} while turning around"]},
        }
        for index, scene in enumerate(scenes(kit.dice, COUNT))
    ]


RECIPES: Final = {
    "video_captioning": video_open,
    "video_qa_open": video_open,
    "video_recognition_text": video_open,
    "video_qa_exact": video_short,
    "video_recognition_label": video_labels,
    "video_object_matching": matching,
    "multimodal_sarcasm_detection": sarcasm,
    "video_event_relation": video_labels,
    "video_semantic_role_labeling": roles,
    "audio_classification": audio_labels,
    "audio_captioning": audio_open,
    "audio_qa_open": audio_open,
    "audio_qa_choice": audio_choice,
    "speech_information_extraction": speech_events,
    "3d_classification": point_labels,
    "3d_scene_qa": point_questions,
    "3d_situated_qa": point_questions,
    "3d_motion_captioning": motion_captions,
}
