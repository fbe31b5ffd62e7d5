from __future__ import annotations

from pathlib import Path

import pytest

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.regular_files import user_path


def test_a_path_may_begin_with_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_path("~/data", Path("/elsewhere")) == tmp_path / "data"
    assert user_path("data", Path("/elsewhere")) == Path("/elsewhere/data")
    with pytest.raises(GeneralBenchError, match="~nobody-of-this-name"):
        user_path("~nobody-of-this-name/data", tmp_path)
    with pytest.raises(GeneralBenchError, match="null byte"):
        user_path("~a\0b", tmp_path)
