"""Makers of instances whose references lie in files, for tests of the protocols of masks and maps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_generalbench import protocols
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.request import Instance, Output
from pytest_generalbench.suite.data.read.media_files import MediaFinder
from pytest_generalbench.suite.demo.media.files import picture
from tests.builders import make_task

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.protocols import Protocol, TaskContext


@dataclass
class Bench:
    """A task folder with one protocol."""

    root: Path
    protocol: str
    options: Mapping[str, Any] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict)
    reading: Mapping[str, str] = field(default_factory=dict)

    @property
    def used(self) -> Protocol:
        """The protocol."""
        return protocols.get(self.protocol)

    def file(self, name: str, content: bytes) -> str:
        """Write a file and return its name."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return name

    def instance(self, reference: Any, media: tuple[Media, ...] | None = None, **fields: Any) -> Instance:
        """Return an instance with a 32 x 32 image, unless media are given."""
        if media is None:
            self.file("images/a.png", picture(3))
            media = (Media("image", (self.root / "images/a.png",), "image_file"),)
        result = MediaFinder(self.root, self.root, references=True)
        return Instance("i1", "image/x", fields, media, reference, "output", files=result)

    def context(self, *instances: Instance) -> TaskContext:
        """Return what the protocol learns from the instances."""
        task = make_task(id="image/x", protocol=self.protocol, reading=self.reading)
        task = replace(task, metric=replace(task.metric, options=self.options))
        return self.used.context(task, self.header, instances)

    def reference(self, raw: Any) -> Any:
        """Return the typed reference of an instance that stands alone."""
        instance = self.instance(raw)
        return self.used.reference(instance, self.context(instance))

    def parsed(self, answer: StructuredOutput, raw: Any) -> Any:
        """Return what is read from an answer."""
        instance = self.instance(raw)
        return self.used.parse(Output(medium="map", answer=answer), instance, self.context(instance))

    def said_back(self, raw: Any) -> tuple[Any, Any]:
        """Return (what is read from the ideal answer, the reference)."""
        instance = self.instance(raw)
        context = self.context(instance)
        reference = self.used.reference(instance, context)
        ideal = self.used.ideal(reference, instance, context)
        assert not isinstance(ideal, str)
        return self.used.parse(Output(medium="map", answer=ideal), instance, context), reference
