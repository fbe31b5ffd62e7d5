"""Check of references that are labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.protocols.reference_check import ReferenceCheck, examples
from pytest_generalbench.protocols.text.parsers.normalization import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_generalbench.core.request import Instance

_PER_LABEL: Final = 3
"""References for each label from which one that is never used is worth a warning."""


class LabelCheck(ReferenceCheck):
    """Warns of labels that no reference uses, and of references outside the label set."""

    def __init__(self, labels: Sequence[str]) -> None:
        """Keep the label set; empty where there is none."""
        super().__init__()
        self._labels = {normalise(label): label for label in labels}
        self._used: set[str] = set()
        self._foreign: dict[str, None] = {}

    def add(self, instance: Instance, reference: Any) -> None:
        """Add the label, or the labels, of an instance."""
        super().add(instance, reference)
        if not self._labels:
            return
        for text in reference if isinstance(reference, tuple) else (reference,):
            whole = normalise(str(text))
            names = [whole] if whole in self._labels else [normalise(one) for one in str(text).split(",")]
            if all(name in self._labels for name in names):
                self._used.update(names)
            else:
                self._foreign[str(text)] = None

    def warnings(self) -> Iterator[str]:
        """Yield a line for labels never used, and one for references that are none of the labels."""
        yield from super().warnings()
        unused = [label for name, label in self._labels.items() if name not in self._used]
        if unused and self.count >= _PER_LABEL * len(self._labels):
            yield f"{len(unused)} of {len(self._labels)} labels are never used: {examples(unused)}"
        if self._foreign:
            yield f"references that are none of the labels: {examples(list(self._foreign))}"
