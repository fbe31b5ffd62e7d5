from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.result import TASK_STATES, TaskResult
from pytest_generalbench.reports import terminal
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.level import LevelResult, compute_level, sota_table

if TYPE_CHECKING:
    from pytest_generalbench.runs.result_sections import DataSection

TASKS = registry.load_tasks()
BY_ID = {task.id: task for task in TASKS}
SOTA = sota_table(TASKS, "released")
DATA: DataSection = {"name": "demo", "split": "open", "is_demo": True}


def result(task_id: str, score: float | None, state: str = "scored", **more: object) -> TaskResult:
    metric = BY_ID[task_id].metric
    return TaskResult(task_id, state, metric.name, metric.unit, score, n=8, coverage=1.0, **more)  # type: ignore[arg-type]


RESULTS = [
    result("3d/comprehension/3d-person-classification", 100.0, seconds=2.0),
    result("audio/comprehension/audio-question-answering", None, "unsupported", reason="takes no audio"),
    result("image/comprehension/bird-detection", None, "unavailable", reason="needs the library 'av'"),
    result("image/comprehension/crowd-counting", 4.0, seconds=61.25),
    result("nlp/causal-reasoning", 47.0, top_answer="A", top_share=1.0,
           states={"ok": 12, "unparsable": 12}, defects={"cut_off": 8}),
    result("nlp/temporal-reasoning", 5.0, "incomplete", reason="2 error; first tr1: RuntimeError: no luck",
           states={"ok": 6, "error": 2}),
]  # fmt: skip


def level() -> LevelResult:
    scores = {item.id: item.score for item in RESULTS}
    ids = set(scores)
    return compute_level(TASKS, scores, scoring="paper", sota=SOTA, selected=ids, measured=ids, demo=True)


GOLDEN = """\
DEMO DATA: small synthetic instances; these scores say nothing about a model
letters: . scored, I incomplete, u unsupported, v unavailable
modality paradigm        tasks  scored  incomplete  wins  mean points
image    comprehension       2       1           0     1        100.0
audio    comprehension       1       0           0     0            -
3d       comprehension       1       1           0     1        100.0
nlp      language            2       1           1     0         26.0
all                          6       3           1     2         63.0

S2 0.46  S3 0.46  S4 0.00  S5 0.00   (paper scoring, released SoTA, all tasks)
General-Level: Level-3   [demo data; partial: 6 of 699 tasks]
  it rests on 2 wins: 3d/comprehension/3d-person-classification, image/comprehension/crowd-counting

of 32 answers: unparsable 37.5 %, cut off 25.0 %
  nlp/causal-reasoning: unparsable 50.0 %, cut off 33.3 %

without a full score:
     1 unsupported: takes no audio (audio/comprehension/audio-question-answering)
     1 unavailable: needs the library 'av' (image/comprehension/bird-detection)
     1 incomplete: error, RuntimeError: no luck (2 instances, first tr1 of nlp/temporal-reasoning)
1 task with one and the same answer to 95.0 % of the instances or more: nlp/causal-reasoning ('A')

slowest: image/comprehension/crowd-counting 61.2 s, 3d/comprehension/3d-person-classification 2.0 s
every answer and the full result: runs/one"""


def test_a_task_with_many_unreadable_answers_is_no_win_and_says_so() -> None:
    name = "3d/comprehension/3d-person-classification"
    task = {name: BY_ID[name]}
    for unreadable, wins in ((5, "1"), (6, "0")):
        states = {"ok": 100 - unreadable, "refused": 2, "unparsable": unreadable - 2}
        item = result(name, 100.0, states=states)
        lines = terminal.summary(task, [item], SOTA.values, level(), DATA, Path("run"))
        assert lines[1].split()[-2] == wins
        _, _, (words, _) = terminal.status(item, SOTA.values[name])
        assert ("no win: 6 of 100 answers unreadable" in words) is (wins == "0")


def test_the_summary_is_what_it_was() -> None:
    tasks = {item.id: BY_ID[item.id] for item in RESULTS}
    data: DataSection = {**DATA, "note": terminal.DEMO_NOTE}
    lines = terminal.summary(tasks, RESULTS, SOTA.values, level(), data, Path("runs/one"), with_letters=True)
    assert "\n".join(lines) == GOLDEN


@pytest.mark.parametrize("state", TASK_STATES)
def test_every_state_has_a_letter_and_words(state: str) -> None:
    category, letter, (words, _) = terminal.status(
        result("nlp/causal-reasoning", 47.0, state, reason="why"), 65.0
    )
    assert category == state
    assert len(letter) == 1
    assert words.startswith(state.upper())


def test_letters_tell_states_apart() -> None:
    letters = {terminal.status(result("nlp/causal-reasoning", 1.0, state), 65.0)[1] for state in TASK_STATES}
    assert len(letters) == len(TASK_STATES)


def test_one_cause_is_one_line_whatever_the_counts() -> None:
    results = [
        result(
            f"nlp/{name}", 5.0, "incomplete", reason=f"{n} timeout; first {n}: late", states={"timeout": n}
        )
        for n, name in ((2, "causal-reasoning"), (3, "ethical-reasoning"))
    ]
    lines = terminal.summary(BY_ID, results, SOTA.values, level(), DATA, Path("run"))
    (line,) = [line for line in lines if "incomplete:" in line]
    assert (
        line == "     2 incomplete: timeout, late (5 instances, first 2 of nlp/causal-reasoning and 1 more)"
    )


def test_an_item_says_which_answers_could_not_be_read() -> None:
    states = {"ok": 22, "refused": 1, "unparsable": 1}
    item = result("nlp/causal-reasoning", 5.0, states=states, defects={"empty": 1})
    _, _, (words, _) = terminal.status(item, 65.0)
    assert words.startswith(
        "SCORED 5.0 accuracy (SoTA 65.0) n=8, unparsable 4.2 %, refused 4.2 %, empty 4.2 %"
    )


def test_what_is_certain_stands_beside_the_scores() -> None:
    sure = replace(
        level(),
        S3=13.9,
        tier=4,
        qualified=None,
        intervals={"S2": (0.4, 0.5), "S3": (11.1, 13.6), "S4": (0.0, 0.0)},
        estimates={"S3": 12.4, "S4": 0.0},
        certified_tier=3,
        hangs_on=("image/a", "image/b"),
        flips=("nlp/d",),
        degenerate={"nlp/c": "one and the same answer"},
    )
    lines = terminal.summary(BY_ID, RESULTS, SOTA.values, sure, DATA, Path("run"))
    assert "  S3 12.40 (11.10–13.60 at 95 %; printed value 13.90 is biased by near ties)" in lines
    assert "  S2 0.46 (0.40–0.50 at 95 %)" in lines
    assert not any(line.startswith("  S4") for line in lines)
    assert "General-Level: Level-4; at 95 % at least Level-3; hangs on 2 tasks: image/a, image/b" in lines
    assert "  1 task lies within 1.96 standard errors of the specialist: nlp/d" in lines
    assert any(line.endswith("generalbench next RUN --explain") for line in lines)
    assert "  a win that says nothing: nlp/c, one and the same answer" in lines
    many = replace(sure, degenerate={f"nlp/{n}": "one answer" for n in range(13)})
    lines = terminal.summary(BY_ID, RESULTS, SOTA.values, many, DATA, Path("run"))
    assert sum("a win that says nothing" in line for line in lines) == 10
    assert "  and 3 more wins that say nothing, all in result.json" in lines
    bracket = replace(sure, qualified="demo data", hangs_on=())
    assert bracket.tier_line == "Level-4; at 95 % at least Level-3   [demo data]"


def test_a_reason_from_a_server_cannot_act_in_the_terminal() -> None:
    item = result("nlp/causal-reasoning", None, "unavailable", reason="\x1b[2Jgone\r\u202e\n")
    _, _, (words, _) = terminal.status(item, 65.0)
    assert words == "UNAVAILABLE \\x1b[2Jgone\\r\\u202e\\n"
