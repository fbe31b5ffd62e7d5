"""The protocol for code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols import references
from pytest_generalbench.protocols.text.base import TextProtocol
from pytest_generalbench.protocols.text.parsers.code import (
    canonical_code,
    guess_language,
    language_name,
    normal_sql,
)

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.protocols.base import TaskContext


class Code(TextProtocol):
    """Write or repair code.

    Prompt fields: `{question}` (goal, description, examples, schema, source code … under
    headings), `{instruction}`. Parser `code`: the largest fenced block, else the whole answer
    without a lead like `Code:`; `sql` for SQL, where whitespace is collapsed and the `;` at
    the end dropped on both sides. Prediction: str, None when nothing is left.

    Reference: tuple of accepted texts; for the metric codebleu a
    `metrics.code.CodeReference` with the language. The language is the field `language`,
    else `sql`, `html` or `latex` by the task's id, else guessed from `sourceCode` or `code`
    (Java, C, JavaScript by their marks, else Python).

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("code", {"goal": "Return the sum of a and b."}, "a + b", metric="codebleu")
    >>> example.reference
    CodeReference(texts=('a + b',), language='python')
    >>> example.read("Code: a + b")
    'a + b'
    """

    name: ClassVar[str] = "code"
    max_new_tokens: ClassVar[int] = 512
    parser: ClassVar[str] = "code"
    parsers: ClassVar[tuple[str, ...]] = ("code", "sql", "plain")
    keys: ClassVar[tuple[str, ...]] = (
        "sql", "repairCode", "code", "response.content", "content", "answer", "text", "target", "response",
        "prediction", "reference", "label",
    )  # fmt: skip
    needs_question: ClassVar[bool] = False

    def language(self, instance: Instance, context: TaskContext) -> str:
        """Return the language of the code that is asked for."""
        named = fields.find(instance.fields, "language", "lang")
        if isinstance(named, str):
            return language_name(named)
        words = (
            context.task.id.rpartition("/")[2].split("-")
            + str(context.header.get("type", "")).lower().split()
        )
        for word in ("sql", "html", "latex"):
            if word in words:
                return word
        source = fields.find(instance.fields, "sourceCode", "code", "func")
        return guess_language(source) if isinstance(source, str) else "python"

    def parser_for(self, context: TaskContext) -> str:
        """Read SQL with its own parser unless the task names one."""
        name = super().parser_for(context)
        words = (
            context.task.id.rpartition("/")[2].split("-")
            + str(context.header.get("type", "")).lower().split()
        )
        return "sql" if context.task.parser is None and "sql" in words else name

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for code alone."""
        language = {"sql": "SQL", "html": "HTML", "latex": "LaTeX"}.get(self.language(instance, context), "")
        return f"Write the {language + ' ' if language else ''}code only, without explanations."

    def reference(self, instance: Instance, context: TaskContext) -> Any:
        """Return the accepted code, with its language where the metric needs it."""
        key, value = references.ground_truth(instance, self.keys)
        given = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(item, str) for item in given):
            raise references.malformed(instance, key, value, "code as text")
        if self.parser_for(context) == "sql":
            texts = [normal_sql(canonical_code(item) or "") for item in given]
        else:
            texts = [canonical_code(item) or "" for item in given]
        accepted = tuple(dict.fromkeys(filter(None, texts)))
        if not accepted:
            raise references.malformed(instance, key, value, "code that is not empty")
        if context.task.metric.name == "codebleu":
            from pytest_generalbench.metrics.text.codebleu import CodeReference

            return CodeReference(accepted, self.language(instance, context))
        return accepted

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> str:
        """Say the first accepted code, fenced unless it holds fences itself."""
        texts: tuple[str, ...] = reference if isinstance(reference, tuple) else reference.texts
        return texts[0] if "```" in texts[0] else f"```\n{texts[0]}\n```"


PROTOCOLS: Final = (Code(),)
