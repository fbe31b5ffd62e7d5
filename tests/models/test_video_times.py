from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.media.media import SampledVideo
from pytest_generalbench.models.transformers.encoding import video_metadata


def stated_times(video: SampledVideo) -> list[float]:
    metadata = video_metadata(video)
    return [place / metadata["fps"] for place in metadata["frames_indices"]]


def test_eight_frames_of_a_minute_are_told_with_their_times() -> None:
    places = [index * 1499 // 7 for index in range(8)]
    metadata = video_metadata(SampledVideo([], tuple(place / 25 for place in places), 1500, 25.0))
    assert metadata == {"total_num_frames": 1500, "fps": 25, "frames_indices": places, "duration": 60}


@given(
    rate=st.sampled_from([Fraction(24000, 1001), Fraction(30000, 1001), 6, 24, 25, 60]),
    places=st.lists(st.integers(0, 20_000), min_size=1, max_size=9, unique=True),
)
def test_places_over_rate_are_the_times_of_an_even_video(rate: Fraction, places: list[int]) -> None:
    places.sort()
    video = SampledVideo([], tuple(float(place / rate) for place in places), places[-1] + 1, float(rate))
    assert video_metadata(video)["frames_indices"] == places
    assert stated_times(video) == pytest.approx(video.times)


@given(times=st.lists(st.floats(0, 600), min_size=2, max_size=9, unique=True))
def test_places_over_rate_are_the_times_of_an_uneven_video(times: list[float]) -> None:
    times.sort()
    video = SampledVideo([], tuple(times), 500, 500 / (times[-1] + 0.1))
    assert stated_times(video) == pytest.approx(times, abs=max(0.0006, 0.11 / video.rate))


def test_a_lone_frame_fills_a_step_of_time() -> None:
    metadata = video_metadata(SampledVideo([], (0.0,), 1, 25.0), 2)
    assert (metadata["frames_indices"], metadata["total_num_frames"]) == ([0, 0], 2)
