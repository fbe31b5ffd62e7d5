"""The digest of a request is worked out once for each instance, however often it is needed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.request import Request
from tests.evaluation.test_kept_results import COUNT, Bench, bench

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["bench"]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, int]]:
    """Return how often each request was hashed: by instance and repeat."""
    counts: Counter[tuple[str, int]] = Counter()
    work: Callable[[Request], str] = Request._hashed

    def counted(self: Request) -> str:
        counts[self.instance_id, self.repeat] += 1
        return work(self)

    monkeypatch.setattr(Request, "_hashed", counted)
    return counts


@pytest.mark.parametrize("repeats", [1, 3])
def test_each_request_is_hashed_once_in_a_session(
    bench: Bench, hashed: Counter[tuple[str, int]], repeats: int
) -> None:
    bench.session(repeats=repeats)
    assert len(hashed) == 2 * COUNT * repeats
    assert set(hashed.values()) == {1}
    hashed.clear()
    bench.session(repeats=repeats)
    assert not hashed  # both tasks are kept


def test_a_session_that_asks_one_instance_again_hashes_each_once(
    bench: Bench, hashed: Counter[tuple[str, int]]
) -> None:
    bench.session()
    hashed.clear()
    bench.pictures[0].write_bytes(bench.pictures[0].read_bytes() + b"more")
    assert bench.session().asked == ["p0"]
    assert hashed == Counter({(f"p{number}", 0): 1 for number in range(COUNT)})


def test_sizes_of_media_are_looked_up_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[str] = Counter()
    identity = Media.identity

    def counted(self: Media) -> list[list[str | int]]:
        seen[self.path.name] += 1
        return identity(self)

    monkeypatch.setattr(Media, "identity", counted)
    bench.session()
    assert seen == Counter({f"{number}.png": 1 for number in range(COUNT)})
