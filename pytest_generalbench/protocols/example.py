"""An example instance of a protocol: what is asked, and how a reference and an answer are read."""

from __future__ import annotations

import io
import shutil
import tempfile
import weakref
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.core.media.media import Media
from pytest_generalbench.core.outputs.codecs.images.png import png
from pytest_generalbench.core.request import Instance, Output
from pytest_generalbench.core.task import MetricSpec, SotaScores, Task
from pytest_generalbench.core.vocabulary import INPUT_MEDIA
from pytest_generalbench.protocols import registry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.protocols.base import Protocol, TaskContext

_TASK: Final = Task(
    id="image/comprehension/example",
    modality="image",
    paradigm="comprehension",
    sheet="Image-Comprehension",
    number=1,
    skill="Example",
    skill_code="#I-C-0",
    official_name="Example",
    name="Example",
    short_name="Example",
    archetype="example",
    protocol="short_answer",
    inputs="text",
    output="text",
    instances=1,
    metric=MetricSpec("ACC", "accuracy", "higher", "percent", "identity"),
    sota=SotaScores(None, None),
)

_OUTPUTS: Final = {
    "text": "text",
    "map": "mask",
    "image": "image",
    "video": "video",
    "audio": "audio",
    "pointcloud": "pointcloud",
    "motion": "motion sequence",
}
"""A task's `output` for each output medium of the protocols."""


class Example:
    """One instance that is a whole task, for trying a protocol and for the examples in docstrings.

    Args:
        protocol: a protocol, or the name of one.
        fields: what stands beside the reference in the entry of an annotation file.
        reference: the raw reference, as the annotation file has it; None: none, as in the close set.
        media: the kinds of the input media, in order (`image`, `video`, `audio` …). The files need not exist,
            unless the protocol opens them.
        files: the content of files that the reference names, by name: bytes, or an array for a `.npy` file
            or (uint8) a `.png` file. They are deleted with the example.
        header: top-level keys of the annotation file.
        metric: the name of the task's metric.
        task: fields of the task; `inputs` and `output` follow from `media` and the protocol unless given.

    Raises:
        UnknownWordError: there is no protocol of that name.

    >>> example = Example("counting", {"question": "How many cats are there?"}, 3, media=["image"])
    >>> print(example.prompt)
    How many cats are there?
    Answer with one number in digits and nothing else.
    >>> example.reference, example.read("There are two cats and a dog.")
    (3.0, 2.0)
    """

    def __init__(
        self,
        protocol: Protocol | str,
        fields: Mapping[str, Any],
        reference: Any = None,
        *,
        media: Sequence[str] = (),
        files: Mapping[str, bytes | NDArray[Any]] | None = None,
        header: Mapping[str, Any] | None = None,
        metric: str = "accuracy",
        **task: Any,
    ) -> None:
        """Make the instance and its task, and let the protocol look at both."""
        self.protocol = registry.get(protocol) if isinstance(protocol, str) else protocol
        spec = replace(_TASK.metric, name=metric)
        words = {"inputs": _inputs(media), "output": _OUTPUTS[self.protocol.output_medium], **task}
        name = self.protocol.name
        self.task = replace(_TASK, archetype=name, protocol=name, metric=spec, **words)
        place = self._folder(files) if files else Path()
        self.instance = Instance(
            "1",
            self.task.id,
            fields,
            media=tuple(Media(kind, (place / kind,)) for kind in media),
            reference=reference,
            reference_key=None if reference is None else "output",
            files=_Folder(place),
        )
        self.context: TaskContext = self.protocol.context(self.task, header or {}, [self.instance])

    def _folder(self, files: Mapping[str, bytes | NDArray[Any]]) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="generalbench-example-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        for name, content in files.items():
            (folder / name).write_bytes(_file_content(name, content))
        return folder

    @property
    def prompt(self) -> str:
        """The text that a model is given."""
        return self.protocol.request(self.instance, self.context).text

    @property
    def reference(self) -> Any:
        """The typed reference; raises what `Protocol.reference` raises."""
        return self.protocol.reference(self.instance, self.context)

    def read(self, answer: str | StructuredOutput) -> Any:
        """Return the prediction that an answer holds; raises what `Protocol.parse` raises."""
        output = Output(answer) if isinstance(answer, str) else Output(medium="map", answer=answer)
        context = self.protocol.infer_conventions([(self.instance, output)], self.context)
        return self.protocol.parse(output, self.instance, context)


def _inputs(media: Sequence[str]) -> str:
    """Return the first word of the vocabulary that stands for these media."""
    wanted = set(media) or {"text"}
    return next((word for word, kinds in INPUT_MEDIA.items() if set(kinds) == wanted), "text")


def _file_content(name: str, content: bytes | NDArray[Any]) -> bytes:
    if isinstance(content, bytes):
        return content
    if name.endswith(".png"):
        return png(content)
    file = io.BytesIO()
    np.save(file, content)
    return file.getvalue()


class _Folder:
    """Finds the files that a reference names in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, given: str, keep: int = 1) -> Path:
        """Return the file of that name. Raises MediaError when there is none."""
        path = self._folder / given
        if not path.is_file():
            raise MediaError(f"{given!r} is not there")
        return path

    def frames(self, given: str) -> tuple[Path, ...]:
        """Return the files in the folder of that name, sorted."""
        folder = self._folder / given
        return tuple(sorted(folder.iterdir())) if folder.is_dir() else ()
