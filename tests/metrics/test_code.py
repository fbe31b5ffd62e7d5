"""CodeBLEU against codebleu with the same tokens, and the released faults."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from codebleu import calc_codebleu

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import MissingDependencyError
from pytest_generalbench.metrics.text import codebleu as code
from pytest_generalbench.metrics.text.codebleu import LANGUAGES, CodeReference, codebleu
from pytest_generalbench.metrics.text.normalization import tokenise_code

# No value has two sources here: codebleu lists those in the order of a set, which changes its score.
PROGRAMS = {
    "python": "def total(items):\n    x = 0\n    for item in items:\n        x += item\n    return x\n",
    "java": "public class A { int add(int a, int b) { int c = a; c = b; return c; } }",
    "javascript": "function add(a, b) { let c = a; c = b; return c; }",
    "c": "int add(int a, int b) { int c = a; c = b; return c; }",
    "cpp": "int add(int a, int b) { int c = a; c = b; return c; }",
    "go": "func add(a int, b int) int { c := a; c = b; return c }",
}
ANSWERS = {
    "python": [
        "def total(xs):\n    s = 0\n    for x in xs:\n        s += x\n    return s\n",
        "def total(items):\n    return sum(items)\n",
        "x = 0",
        "for item in items:\n    print(item)",
    ],
    "java": ["class B { int add(int x, int y) { return x + y; } }", "int c = a;"],
    "javascript": ["const add = (a, b) => a + b;", "function add(a, b) { return a + b; }"],
    "c": ["int add(int x, int y) { return x + y; }"],
    "cpp": ["auto add(int x, int y) { return x + y; }"],
    "go": ["func add(x int) int { return x }"],
}


@pytest.mark.parametrize(
    ("language", "answer"), [(language, answer) for language, texts in ANSWERS.items() for answer in texts]
)
def test_parts_equal_codebleu(language: str, answer: str) -> None:
    wanted = PROGRAMS[language]
    parts = calc_codebleu([[wanted]], [answer], language, tokenizer=tokenise_code)
    tokens, expected = tokenise_code(answer), tokenise_code(wanted)
    precise, recalled = code._ngram_parts(tokens, expected, code._keywords(language))
    assert precise == pytest.approx(parts["ngram_match_score"])
    assert recalled == pytest.approx(parts["weighted_ngram_match_score"])
    syntax, flow = code._tree_parts(answer, wanted, language)
    assert syntax == pytest.approx(parts["syntax_match_score"])
    assert flow == pytest.approx(parts["dataflow_match_score"])
    mean = (precise + recalled + syntax + flow) / 4
    assert codebleu(answer, CodeReference((wanted,), language)) == pytest.approx(mean)


@pytest.mark.parametrize("language", [*PROGRAMS, "Python3", "C++", "ruby", "sql", ""])
@pytest.mark.parametrize(
    "text", ["x = 1", "print(1)", "x", "# only a comment", "def f(:", "“", "", "x = '\ud800'"]
)
def test_identical_code_is_perfect(language: str, text: str) -> None:
    assert codebleu(text, CodeReference((text,), language)) == 1.0


@pytest.mark.parametrize(("language", "text"), PROGRAMS.items())
def test_identical_programs_are_perfect_and_empty_output_is_nothing(language: str, text: str) -> None:
    reference = CodeReference(("other()", text), language)
    assert codebleu(text, reference) == 1.0
    assert codebleu("", CodeReference((text,), language)) == 0.0
    assert codebleu("  \n", CodeReference((text,), language)) == 0.0


def test_garbage_has_no_floor() -> None:
    for text in ("print(1)", PROGRAMS["python"]):
        assert codebleu("I am sorry", CodeReference((text,), "python")) == 0.0


def test_a_reference_without_data_flow_shares_out_its_weight() -> None:
    assert len(code._tree_parts("print(2)", "print(1)", "python")) == 1
    assert len(code._tree_parts("print(2)", PROGRAMS["python"], "python")) == 2


def test_renamed_variables_keep_their_data_flow() -> None:
    wanted = "def f(a, b):\n    c = a * b + a\n    return c\n"
    renamed = "def f(z, y):\n    x = z * y + z\n    return x\n"
    assert code._data_flows(wanted, "python") == code._data_flows(renamed, "python")


def test_an_unknown_language_is_scored_by_its_tokens() -> None:
    reference = CodeReference(("SELECT name FROM birds",), "sql")
    assert codebleu("SELECT name FROM birds;", reference) == pytest.approx(
        (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    )


def test_the_score_is_the_mean_over_instances_and_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    accumulator = metrics.make("codebleu")
    with caplog.at_level(logging.DEBUG):
        accumulator.add("print(1)", CodeReference(("print(1)",), "python"))
        accumulator.add(None, CodeReference(("print(1)",), "python"))
    assert accumulator.result() == metrics.MetricValue(score=50.0, stderr=50.0, n=2)
    assert not caplog.records


def test_a_missing_library_is_named_before_any_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "codebleu", None)
    code._package.cache_clear()
    with pytest.raises(MissingDependencyError, match=r"pytest-generalbench\[code\]"):
        metrics.make("codebleu")
    code._package.cache_clear()


def test_a_missing_grammar_is_named_not_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tree_sitter_java", None)
    code._grammar.cache_clear()
    with pytest.raises(MissingDependencyError, match="tree-sitter-java"):
        codebleu("int a;", CodeReference(("int b = 1;",), "java"))
    code._grammar.cache_clear()


def test_every_language_has_a_grammar() -> None:
    for language in set(LANGUAGES.values()):
        assert code._grammar(language) is not None
        assert code._keywords(language)


def test_the_score_does_not_depend_on_the_hash_seed() -> None:
    script = (
        "from pytest_generalbench.metrics.text.codebleu import CodeReference, codebleu\n"
        "wanted = 'def f(a, b, c):\\n    d = a * b + c\\n    e = d + c * a\\n    return e, d\\n'\n"
        "answer = 'def f(x, y, z):\\n    e = z * y + x\\n    d = e + y * x\\n    return d\\n'\n"
        "print(repr(codebleu(answer, CodeReference((wanted,), 'python'))))\n"
    )
    root = Path(__file__).parents[2]
    seen = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "0123"
    }
    assert len(seen) == 1
