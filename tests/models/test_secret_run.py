"""A server that sends the API key back in every field and every writing: no file and no line shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.cli import main
from tests.models.served import Said, serve, words
from tests.models.test_openai_redaction import FIELDS, SECRET, WAYS, shows_key

if TYPE_CHECKING:
    from pathlib import Path

TASKS = "nlp and (reasoning or riddle or sentiment or question-answering or code-explanation or translation)"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENERALBENCH_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)


def shown_by_commands(place: Path, capsys: pytest.CaptureFixture[str]) -> str:
    run, out = str(place / "run"), place / "out"
    for command in (
        ["summary", run],
        ["diff", run, run],
        ["next", run],
        ["runs", str(place)],
        ["rescore", run],
        ["export", run, "--out", str(out / "csv"), "--format=csv"],
        ["export", run, "--out", str(out / "official")],
        ["report", run, "--out", str(out / "page")],
    ):
        main(command)
    shown = capsys.readouterr()
    return shown.out + shown.err


def test_no_field_in_no_writing_brings_the_key_into_a_run(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    ways, fields = list(WAYS), list(FIELDS)
    used: dict[str, int] = {}

    def answer(body: dict[str, Any], number: int) -> Said:
        place = used.setdefault(words(body), len(used))
        field = fields[place % len(fields)]
        if field == "refused key":  # it ends the whole session: tried alone
            field = "answer"
        return FIELDS[field](WAYS[ways[place // len(fields) % len(ways)]](SECRET))

    with serve(answer) as served:
        options = [f"--generalbench-base-url={served.url}", "--generalbench-request-timeout=60"]
        options += ["--generalbench-model=openai:tiny", "--generalbench-run=run", "--generalbench-retries=0"]
        shown = ["-k", TASKS, "-n", "2", "-v", "-ra", "--junitxml=out.xml"]
        result = pytester.runpytest_subprocess(*options, *shown)
    assert len(used) >= len(ways) * len(fields), "too few questions for every field in every writing"
    assert served.keys == {f"Bearer {SECRET}"}
    texts = {"terminal": result.stdout.str() + result.stderr.str()}
    texts["commands"] = shown_by_commands(pytester.path, capsys)
    for place in ("run", "out", "out.xml"):
        files = [pytester.path / place, *(pytester.path / place).rglob("*")]
        for path in files:
            if path.is_file() and path.suffix not in (".png", ".wav", ".xlsx"):
                texts[str(path.relative_to(pytester.path))] = path.read_text("utf-8", "replace")
    assert len(texts) > 30
    assert [name for name, text in texts.items() if shows_key(text)] == []
