"""Base class of protocols whose answer is a generated medium."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.outputs import MediaOutput, StructuredOutput, Target
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.generation.targets import first_input, medium_of, text_fields
from pytest_generalbench.protocols.structured import StructuredProtocol

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.protocols.base import TaskContext


class GenerationProtocol(StructuredProtocol):
    """A protocol whose answer is a picture, video, sound, shape or motion.

    The prediction is the answer itself, the reference a `Target`. The task's metric says which parts of the
    target it needs: an instance that lacks one has an unreadable reference; a metric that needs nothing but
    the prompt or the answer itself scores instances without ground truth too.
    """

    made: ClassVar[type[MediaOutput]]
    """The form of the answer."""
    source_medium: ClassVar[str | None] = None
    """The input that the answer is made from, when there is one."""
    source_form: ClassVar[type[MediaOutput] | None] = None
    """What that input is opened as."""

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Return an empty text: the instance says all, unless a subclass adds something."""
        return ""

    def target(self, instance: Instance, context: TaskContext) -> Target:
        """Return what the answer is compared with, whether or not it has all that the metric needs."""
        source = None
        if self.source_medium and self.source_form:
            source = first_input(instance, self.source_medium, self.source_form)
        return Target(
            medium=medium_of(instance, self.made),
            source=source,
            prompt=self.source_prompt(instance),
            words=self.words(instance, text_fields(instance)),
        )

    def source_prompt(self, instance: Instance) -> str:
        """Return the prompt of the target, in the data set's words."""
        return fields.statement(instance, self.own_keys)

    def content(self, instance: Instance) -> str:
        """Return the prompt as the data set has it."""
        return self.source_prompt(instance)

    def words(self, instance: Instance, given_words: Mapping[str, str]) -> dict[str, str]:
        """Return the texts that metrics need, by name, from all texts of the instance."""
        return dict(given_words)

    def has_reference(self, instance: Instance, context: TaskContext) -> bool:
        """Whether the reference, or else the input, has what the metric needs."""
        if instance.has_reference:
            return True
        needs = metrics.get(context.task.metric.name).needs
        return needs is not None and not lacking(self.target(instance, context), needs)

    def reference(self, instance: Instance, context: TaskContext) -> Target:
        """Return the target. Raises ReferenceFormatError when it lacks what the metric needs."""
        target = self.target(instance, context)
        lacks = lacking(target, metrics.get(context.task.metric.name).needs or ())
        if lacks:
            raw = instance.reference
            keys = ", ".join(map(str, raw)) if isinstance(raw, Mapping) else type(raw).__name__
            raise ReferenceFormatError(
                f"{fields.place(instance)}: no {' and no '.join(lacks)} to compare with, which the metric "
                f"{context.task.metric.name} needs; found in the reference: {keys or 'nothing'}"
            )
        return target

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> Any:
        """Return the answer. A protocol that knows how large it must be checks that here."""
        return answer

    def ideal(self, reference: Target, instance: Instance, context: TaskContext) -> str | StructuredOutput:
        """Return the ground truth; where there is none, a plain medium that is as good as any."""
        return self.plain(reference, context) if reference.medium is None else reference.medium()

    @abstractmethod
    def plain(self, target: Target, context: TaskContext) -> StructuredOutput:
        """Return a trivial valid answer: the source unchanged, or a medium without content."""


def lacking(target: Target, needs: tuple[str, ...]) -> list[str]:
    """Return the needs that a target does not meet; `a|b` is met by either."""
    parts = {
        "medium": target.medium is not None,
        "source": target.source is not None,
        "styles": bool(target.styles),
        "prompt": bool(target.prompt),
    }

    def there(need: str) -> bool:
        return any(parts.get(part, bool(target.words.get(part))) for part in need.split("|"))

    return [need.replace("|", " or ") for need in needs if not there(need)]
