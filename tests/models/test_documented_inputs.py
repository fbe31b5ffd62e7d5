"""Every family is given what transformers documents, and answers in a batch as alone.

`python -m tests.models.test_documented_inputs` prints a table of all families.
"""

from __future__ import annotations

import functools
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.errors import ModelError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models import make_model
from tests.models.documented import differences, documented_inputs
from tests.models.media_families import save_family, save_omni_without_voice
from tests.models.media_family import HAS_TORCHVISION, STRINGS
from tests.models.media_family_table import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.models.media_family import Family

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]
for library in ("torch", "transformers", "PIL", "av", "soundfile"):
    pytest.importorskip(library)


def write_media(folder: Path) -> dict[str, tuple[Media, ...]]:
    """Write two of each medium, and a video of 57 frames at 2 a second; return them by medium."""
    import av
    import numpy as np
    import soundfile
    from PIL import Image

    chance = np.random.default_rng(0)
    for number in (0, 1):
        pixels = chance.integers(0, 255, (30 + 20 * number, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        sound = 0.1 * chance.normal(size=16_000 * (2 + 3 * number))
        soundfile.write(folder / f"{number}.wav", sound.astype("float32"), 16_000)
    with av.open(str(folder / "v.mp4"), "w") as container:
        stream: Any = container.add_stream("libx264", rate=2)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(57):
            pixels = np.full((48, 64, 3), number * 4, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    kinds = {"image": "png", "audio": "wav"}
    media = {
        kind: tuple(Media(kind, (folder / f"{number}.{ending}",)) for number in (0, 1))
        for kind, ending in kinds.items()
    }
    return {**media, "video": (Media("video", (folder / "v.mp4",)),) * 2}


def requests_of(media: dict[str, tuple[Media, ...]], taken: frozenset[str], family: Family) -> list[Request]:
    """Return requests of every kind: words, one medium and where it can be two, short and long questions."""
    given: list[tuple[Media, ...]] = [] if family.needs_image else [(), ()]
    for kind in sorted(taken - {"text"}):
        given += [(medium,) for medium in media[kind]]
    if "image" in taken and family.images > 1:
        given.append(media["image"])
    return [
        Request("t", str(number), (*own, "Which is it? " * (1 + number % 3)), max_new_tokens=4)
        for number, own in enumerate(given)
    ]


def try_family(kind: str, folder: Path, media: dict[str, tuple[Media, ...]]) -> dict[str, Any]:
    """Return what came of a family: the media taken, tensors unlike the documented ones, and its answers."""
    family = FAMILIES[kind]
    saved = save_family(kind, folder / kind)
    model: Any = make_model(Settings(f"hf:{saved}", offline=True), folder)
    taken = model.input_media - family.untried
    requests = requests_of(media, taken, family)
    generate = model.model.generate
    given: dict[str, Any] = {}

    @functools.wraps(generate)
    def noting(**values: Any) -> Any:
        given.clear()
        given.update(values)
        return generate(**values)

    model.model.generate = noting
    alone: list[Any] = []
    unlike: dict[str, list[str] | None] = {}
    times = ""
    for request in requests:
        alone += model.generate([request])
        kinds = "+".join(medium.medium for medium in request.media) or "text"
        if kinds == "video":
            times = model.tokenizer.decode(given["input_ids"][0])
        if HAS_TORCHVISION or not family.video:  # else the library loads no processor to compare with
            wanted = documented_inputs(saved, request, strings=family.template == STRINGS)
            unlike[kinds] = differences(given, wanted) or unlike.get(kinds)
    return {
        "media": sorted(taken),
        "unlike": {kinds: names for kinds, names in unlike.items() if names},
        "answered": all(isinstance(answer, Output) for answer in alone),
        "batch": model.generate(requests) == alone,
        "times": times,
    }


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Media, ...]]:
    return write_media(tmp_path_factory.mktemp("media"))


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_family_is_given_what_is_documented(
    kind: str, tmp_path: Path, media: dict[str, tuple[Media, ...]]
) -> None:
    try:
        result = try_family(kind, tmp_path, media)
    except (ImportError, ModelError) as error:
        if not re.search("torchvision|torchaudio|num2words|timm", str(error), re.IGNORECASE):
            raise
        pytest.skip(f"{kind}: {' '.join(str(error).split())[:80]}")
    assert result["answered"]
    assert result["unlike"] == {}
    assert result["batch"]
    if FAMILIES[kind].video:
        assert "video" in result["media"]
    if HAS_TORCHVISION:
        assert re.search(FAMILIES[kind].times, result["times"], re.DOTALL)


def test_an_omni_model_without_its_voice_answers_within_the_length(
    tmp_path: Path, media: dict[str, tuple[Media, ...]]
) -> None:
    model: Any = make_model(
        Settings(f"hf:{save_omni_without_voice(tmp_path / 'omni')}", offline=True), tmp_path
    )
    requests = [Request("t", "1", (sound, "Which?"), max_new_tokens=6) for sound in media["audio"]]
    generate, lengths = model.model.thinker.generate, []

    @functools.wraps(generate)
    def measuring(**values: Any) -> Any:
        tokens = generate(**values)
        lengths.append(tokens.shape[1] - values["input_ids"].shape[1])
        return tokens

    model.model.thinker.generate = measuring
    answers = model.generate(requests)
    assert all(isinstance(answer, Output) for answer in answers)
    assert answers == [model.generate([request])[0] for request in requests]
    assert lengths
    assert max(lengths) <= 6


def rows(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each family: its media, whether all is as documented, and a batch as alone."""
    with tempfile.TemporaryDirectory() as name:
        media = write_media(Path(name))
        for kind in names:
            try:
                result = try_family(kind, Path(name), media)
            except Exception as error:  # noqa: BLE001 - a table of what happens
                yield kind, f"{type(error).__name__}: {' '.join(str(error).split())[:100]}", "", ""
                continue
            can_compare = HAS_TORCHVISION or not FAMILIES[kind].video
            same = str(result["unlike"] or "yes") if can_compare else "frames as images"
            yield kind, ", ".join(result["media"]), same, "yes" if result["batch"] else "no"


if __name__ == "__main__":
    sys.stdout.write("| family | media | as documented | batch as alone |\n|---|---|---|---|\n")
    for row in rows(sys.argv[1:] or list(FAMILIES)):
        sys.stdout.write(f"| {' | '.join(row)} |\n")
        sys.stdout.flush()
