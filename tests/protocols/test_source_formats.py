"""References as source data sets write them: each is read right, or refused with the readings named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench.core.errors import AmbiguousReferenceError, ReferenceFormatError
from tests.protocols.mapped import Bench
from tests.protocols.source_formats import fields, masks, points, segments
from tests.protocols.source_formats.files import OBJECTS, pillow

if TYPE_CHECKING:
    from pathlib import Path

    from tests.protocols.source_formats.variants import Variant

VARIANTS = (*masks.VARIANTS, *segments.VARIANTS, *fields.VARIANTS, *points.VARIANTS)


def _plain(protocol: str, reference: Any) -> Any:
    """Return a reference as these tests state it."""
    if protocol == "instance_segmentation":
        return [(one.mask.decode(), one.label) for one in reference]
    if protocol == "panoptic_segmentation":
        return [(reference.ids == one, name) for one, name in reference.categories.items()]
    if protocol == "matting":
        return reference.alpha
    if protocol == "3d_part_segmentation":
        return reference.labels
    if protocol == "3d_instance_segmentation":
        return [(np.flatnonzero(reference.ids == one.id).tolist(), one.label) for one in reference.instances]
    if protocol == "video_object_segmentation":
        return np.stack([one.decode() for one in reference])
    return reference


def _same(result: Any, expected: Any) -> None:
    if isinstance(expected, np.ndarray):
        assert result.shape == expected.shape
        np.testing.assert_allclose(
            np.asarray(result, np.float64), np.asarray(expected, np.float64), atol=2e-3, equal_nan=True
        )
        return
    assert sorted(map(_shown, result)) == sorted(map(_shown, expected))


def _shown(thing: tuple[Any, str]) -> str:
    return f"{thing[1]} {np.asarray(thing[0]).tolist()}"


def _read(bench: Bench, variant: Variant) -> list[Any]:
    listed = [bench.instance(raw) for raw in variant.references]
    if variant.protocol == "instance_segmentation":
        picture = bench.root / "images/a.png"
        picture.write_bytes(pillow(OBJECTS))  # polygons take the size of the image
    context = bench.context(*listed)
    read = [bench.used.reference(instance, context) for instance in listed]
    for instance, reference in zip(listed, read, strict=True):
        assert bench.used.ideal(reference, instance, context)  # the oracle can say it
    return [_plain(variant.protocol, one) for one in read]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_read_right_or_refused(tmp_path: Path, variant: Variant) -> None:
    bench = Bench(tmp_path, variant.protocol, variant.options, variant.header)
    for name, content in variant.files.items():
        bench.file(name, content)
    if variant.expected is not None:
        for result, expected in zip(_read(bench, variant), variant.expected, strict=True):
            _same(result, expected)
        return
    if variant.word is None:
        with pytest.raises(ReferenceFormatError) as unreadable:
            _read(bench, variant)
        assert not isinstance(unreadable.value, AmbiguousReferenceError)
        return
    with pytest.raises(AmbiguousReferenceError) as refused:
        _read(bench, variant)
    assert refused.value.word == variant.word
    assert set(variant.readings) <= set(refused.value.readings)
    assert len(refused.value.readings) > 1
    if variant.settled is not None:
        bench.reading = {variant.word: variant.settled[0]}
        for result, expected in zip(_read(bench, variant), variant.settled[1], strict=True):
            _same(result, expected)


def test_every_family_has_variants_that_are_read_and_that_are_refused() -> None:
    families = {variant.protocol for variant in VARIANTS}
    assert len(VARIANTS) >= 90
    for family in families - {"video_camouflaged_object_detection", "3d_part_segmentation"}:
        listed = [one for one in VARIANTS if one.protocol == family]
        assert any(one.expected is None for one in listed) or family.startswith("video_salient")
