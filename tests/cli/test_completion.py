"""`generalbench completion`: the shell completes commands and options."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pytest_generalbench.cli import main

pytest.importorskip("shtab", reason="shtab is not installed")


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes_commands_and_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    (tmp_path / "complete").write_text(capsys.readouterr().out, encoding="utf-8")

    def completed(*words: str) -> list[str]:
        quoted = " ".join(f"'{word}'" for word in words)
        script = f"""source {tmp_path}/complete
COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMPREPLY=()
$(complete -p generalbench | sed 's/.*-F \\([^ ]*\\).*/\\1/') generalbench '{words[-1]}' '{words[-2]}'
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        command = ["bash", "-c", script]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout.split()

    assert completed("generalbench", "rep") == ["report"]
    assert completed("generalbench", "report", "--one") == ["--one-file"]


def test_zsh_gets_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "zsh"]) == 0
    assert "--one-file" in capsys.readouterr().out
