from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import main
from tests.evaluation.backbones.tiny import save_dino, save_module

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("transformers")


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def test_every_role_says_what_it_is_and_how_to_have_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights"]) == 1
    text = capsys.readouterr().out
    assert "missing: hf download openai/clip-vit-base-patch32" in text
    assert "missing: give InceptionV3" in text
    assert "module: uint8 (n, 3, height, width)" in text
    assert text.count("found:") == 1  # the weights of mos come inside a package
    assert "found: DNSMOS P.808 of speechmos" in text


def test_what_lies_in_the_folder_is_found_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_dino(tmp_path / "weights" / "dino")
    save_module("inception", tmp_path / "weights")
    assert main(["weights", str(tmp_path / "weights")]) == 1
    text = capsys.readouterr().out
    assert "found: dino sha256:" in text
    assert "found: inception.pt sha256:" in text
    assert text.count("found:") == 3
    assert "put CLIP (pictures and texts) into weights/clip/" in text


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", str(tmp_path / "nowhere")]) == 2
    assert "there is no such folder" in capsys.readouterr().err
