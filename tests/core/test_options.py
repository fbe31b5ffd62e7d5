"""The table of options and the settings it fills."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.options import BY_NAME, OPTIONS, settings_of
from pytest_generalbench.core.settings import IDLE, MAY_CHANGE, Affects, Settings, settings_that_affect


def test_every_setting_has_one_option_and_says_what_it_affects() -> None:
    assert sorted(option.setting for option in OPTIONS) == sorted(item.name for item in fields(Settings))
    assert settings_that_affect(*Affects) == {item.name for item in fields(Settings)}
    assert {"base_url", "trust_remote_code"} == MAY_CHANGE - IDLE
    assert {"dtype", "revision", "model_frames"}.isdisjoint(MAY_CHANGE | IDLE)


def test_a_word_of_choices_is_taken_and_a_default_fits_them() -> None:
    for option in OPTIONS:
        for word in option.choices:
            (value,) = settings_of([option], lambda _, word=word: word, Path()).values()  # type: ignore[misc]
            assert value == (None if word == option.unset else word)
        default = getattr(Settings("m"), option.setting)
        assert not option.choices or default in (*option.choices, None)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("limit", "5", 5), ("batch-size", "auto", None), ("batch-size", "8", 8), ("shard", "2/4", "2/4"),
        ("max-errors", "1.5%", "1.5%"), ("gpus-per-worker", "0", 0), ("task-timeout", "1.5", 1.5),
        ("input-media", "video,image", ("image", "text", "video")), ("mos", "people", None),
    ],
)  # fmt: skip
def test_a_value_becomes_what_the_setting_holds(name: str, given: str, value: Any) -> None:
    assert settings_of([BY_NAME[name]], lambda _: given, Path()) == {BY_NAME[name].setting: value}


@pytest.mark.parametrize(
    ("name", "given"),
    [("limit", "0"), ("shard", "5/4"), ("max-errors", "101%"), ("task-timeout", "nan"), ("split", "half")],
)
def test_a_value_that_cannot_be_names_the_option(name: str, given: str) -> None:
    with pytest.raises(GeneralBenchError, match=f"--generalbench-{name}"):
        settings_of([BY_NAME[name]], lambda _: given, Path())


def test_settings_survive_their_plain_form() -> None:
    settings = Settings("m", input_media=("image", "text"), limit=3)
    plain = {**settings.to_dict(), "input_media": ["image", "text"], "of_a_later_version": 1}
    assert Settings.from_dict(plain) == settings
