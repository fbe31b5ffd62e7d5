from __future__ import annotations

from typing import Any

import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.request import Output
from pytest_generalbench.metrics.text.codebleu import CodeReference
from pytest_generalbench.protocols.text.parsers.code import guess_language, language_name
from tests.protocols.questions import a_context, an_instance, reference_of

CODE = protocols.get("code")


@pytest.mark.parametrize(
    ("fields", "language"),
    [
        ({"language": "Python"}, "python"),
        ({"language": "C++"}, "cpp"),
        ({"sourceCode": "public int f() { return 1; }"}, "java"),
        ({"sourceCode": "def f():\n    return 1"}, "python"),
        ({"goal": "Sort."}, "python"),
    ],
)
def test_codebleu_is_told_the_language(fields: dict[str, Any], language: str) -> None:
    result = reference_of("code", {"code": "x"}, fields, metric="codebleu")
    assert result == CodeReference(("x",), language)


@pytest.mark.parametrize(
    ("source", "language"),
    [
        ("def f(x):\n    return x", "python"),
        ("import os\nprint(os)", "python"),
        ("private void METHOD_1 ( TYPE_1 VAR_1 ) { VAR_1 . METHOD_2 ( ) ; }", "java"),
        ("import java.util.List;\nclass A {}", "java"),
        ("#include <stdio.h>\nint main() { return 0; }", "c"),
        ("const f = (x) => x", "javascript"),
        ("", "python"),
    ],
)
def test_a_language_is_guessed_from_its_marks(source: str, language: str) -> None:
    assert guess_language(source) == language


@pytest.mark.parametrize(
    ("name", "wanted"), [("JS", "javascript"), ("c#", "c_sharp"), (" Go ", "go"), ("perl", "perl")]
)
def test_languages_have_one_name(name: str, wanted: str) -> None:
    assert language_name(name) == wanted


SQL: dict[str, Any] = {"id": "nlp/text-to-sql-gen", "metric": "bleu1"}


def test_sql_is_compared_without_layout_and_semicolon() -> None:
    instance = an_instance({"context": "CREATE TABLE t", "question": "All?"}, {"sql": "SELECT *\n  FROM t;"})
    context = a_context("code", instance, **SQL)
    assert CODE.reference(instance, context) == ("SELECT * FROM t",)
    assert CODE.parse(Output("```sql\nSELECT * FROM t ;\n```"), instance, context) == "SELECT * FROM t"
    assert "SQL" in CODE.request(instance, context).text


def test_other_code_keeps_its_layout() -> None:
    instance = an_instance({"goal": "f"}, {"response": {"content": "def f():\n    return 1;"}})
    context = a_context("code", instance, metric="bleu1")
    assert (
        CODE.parse(Output("```\ndef f():\n    return 1;\n```"), instance, context)
        == "def f():\n    return 1;"
    )
