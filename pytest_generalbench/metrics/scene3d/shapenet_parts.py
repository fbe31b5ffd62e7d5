"""The part labels of ShapeNetPart's 16 kinds of shapes (Yi et al. 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

_KINDS: Final = (
    (("airplane", "aeroplane", "aircraft", "plane"), "02691156", 0, 4),
    (("bag",), "02773838", 4, 2),
    (("cap",), "02954340", 6, 2),
    (("car",), "02958343", 8, 4),
    (("chair",), "03001627", 12, 4),
    (("earphone",), "03261776", 16, 3),
    (("guitar",), "03467517", 19, 3),
    (("knife",), "03624134", 22, 2),
    (("lamp",), "03636649", 24, 4),
    (("laptop",), "03642806", 28, 2),
    (("motorbike", "motorcycle"), "03790512", 30, 6),
    (("mug",), "03797390", 36, 2),
    (("pistol",), "03948459", 38, 3),
    (("rocket",), "04099429", 41, 3),
    (("skateboard",), "04225987", 44, 3),
    (("table",), "04379243", 47, 3),
)
"""Names, ShapeNet synset, first label, and number of parts of each kind."""

_BY_NAME: Final = {
    name: range(first, first + count) for names, synset, first, count in _KINDS for name in (*names, synset)
}


def parts_of(category: str | None, labels: Collection[int]) -> frozenset[int] | None:
    """Return all parts of a shape's kind in the numbers that its labels are in, or None for other data.

    Where the kind is told, labels are ShapeNetPart's own numbers (0..49), or count the kind's parts from 0 or
    from 1 (its .seg files). Where it is not, labels that are all of one kind in ShapeNetPart's own numbers
    tell it.

    Args:
        category: Name or synset of the kind; None where the file does not say.
        labels: Those of the reference, at least one, none negative.

    >>> sorted(parts_of(None, {47})), sorted(parts_of("mug", {1, 2})), parts_of("dragon", {47})
    ([47, 48, 49], [1, 2], None)
    """
    low, high = min(labels), max(labels)
    if category is None:
        ranges = list(_BY_NAME.values())
    elif category in _BY_NAME:
        own = _BY_NAME[category]
        ranges = [own, range(len(own)), range(1, len(own) + 1)]
    else:
        return None
    return next((frozenset(parts) for parts in ranges if low in parts and high in parts), None)
