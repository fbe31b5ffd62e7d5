"""CodeBLEU: n-grams, keywords, syntax trees and data flow of code.

The syntax and data flow of the languages in `LANGUAGES` come from the package `codebleu`
and its tree-sitter grammars (extra `code`). In any other language, on every machine, the
n-gram part stands alone.
"""

from __future__ import annotations

import importlib
import math
import tokenize
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import MissingDependencyError
from pytest_generalbench.metrics.accumulators import MeanAccumulator
from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.text.bleu_rouge import ngram_counts
from pytest_generalbench.metrics.text.normalization import tokenise_code
from pytest_generalbench.metrics.validation import bad_reference, text_prediction, text_references

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

LANGUAGES: Final[dict[str, str]] = {
    "python": "python",
    "python2": "python",
    "python3": "python",
    "py": "python",
    "java": "java",
    "javascript": "javascript",
    "js": "javascript",
    "c": "c",
    "c++": "cpp",
    "cpp": "cpp",
    "go": "go",
    "golang": "go",
}
"""Spellings of the languages whose grammars the extra `code` installs, and codebleu's names for them."""

ORDERS: Final = 4
KEYWORD_WEIGHT: Final = 1.0
OTHER_WEIGHT: Final = 0.2
NO_MATCH: Final = 0.1
"""What an n-gram order without any match counts as, once a token matches (as in codebleu)."""

_PURPOSE: Final = "CodeBLEU"
_Flow = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CodeReference:
    """Accepted programs and the language they are written in."""

    texts: tuple[str, ...]
    language: str
    """Any name; those in `LANGUAGES`, in any letter case, have syntax and data flow."""


@cache
def _package(module: str = "codebleu") -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependencyError(module.partition(".")[0], "code", _PURPOSE) from error


@cache
def _grammar(language: str) -> Any:
    try:
        return _package("codebleu.utils").get_tree_sitter_language(language)
    except (ImportError, TypeError) as error:
        # A TypeError is a grammar built for another tree-sitter than the installed one.
        raise MissingDependencyError(f"tree-sitter-{language}", "code", _PURPOSE) from error


@cache
def _keywords(language: str) -> frozenset[str]:
    folder = _package("codebleu.codebleu").PACKAGE_DIR / "keywords"
    return frozenset((folder / f"{language}.txt").read_text(encoding="utf-8").split())


def _geometric_mean(matches: Sequence[float], totals: Sequence[float]) -> float:
    """Return the mean over orders, 0 without any matching token; an order without match counts `NO_MATCH`."""
    if not matches[0]:
        return 0.0
    logs = [math.log((match or NO_MATCH) / total) for match, total in zip(matches, totals, strict=True)]
    return math.exp(math.fsum(logs) / len(logs))


def _ngram_parts(
    answer: Sequence[str], wanted: Sequence[str], keywords: frozenset[str]
) -> tuple[float, float]:
    """Return the two n-gram parts: BLEU (precision), and recall with keywords weighing more.

    Both go up to the effective order min(4, tokens of the reference).
    """
    matches: list[float] = []
    precise: list[float] = []
    recalled: list[float] = []
    weighted: list[float] = []
    for n in range(1, min(ORDERS, len(wanted)) + 1):
        expected = ngram_counts(wanted, n)
        common = ngram_counts(answer, n) & expected
        matches.append(common.total())
        precise.append(max(len(answer) - n + 1, 1))
        recalled.append(_weight(common, keywords) if n == 1 else common.total())
        weighted.append(_weight(expected, keywords) if n == 1 else expected.total())
    penalty = math.exp(min(0.0, 1.0 - len(wanted) / len(answer)))
    # Recall falls with what is missing by itself: codebleu has a brevity penalty on the first part alone.
    return penalty * _geometric_mean(matches, precise), _geometric_mean(recalled, weighted)


def _weight(counts: Counter[tuple[str, ...]], keywords: frozenset[str]) -> float:
    special = sum(times for (token,), times in counts.items() if token in keywords)
    return KEYWORD_WEIGHT * special + OTHER_WEIGHT * (counts.total() - special)


def _without_comments(code: str, language: str) -> str:
    try:
        return str(_package("codebleu.parser").remove_comments_and_docstrings(code, language))
    except (tokenize.TokenError, SyntaxError):
        return code


def _data_flows(code: str, language: str) -> Counter[_Flow]:
    """Count where values come from; variables are numbered by first appearance, so renaming is free."""
    package = _package("codebleu.dataflow_match")
    parser = _package("tree_sitter").Parser()
    parser.language = _grammar(language)
    flows = package.get_data_flow(_without_comments(code, language), (parser, package.dfg_function[language]))
    names = {place: variable for variable, place, *_ in flows}
    numbers: dict[str, str] = {}
    counts: Counter[_Flow] = Counter()
    for variable, _, relation, sources, places in flows:
        # codebleu lists the sources in the order of a set, which differs from run to run.
        in_order = [names[place] for place in sorted(places) if names.get(place) in sources]
        for name in (*in_order, *sorted(sources), variable):
            numbers.setdefault(name, f"v{len(numbers)}")
        counts[numbers[variable], relation, tuple(sorted(numbers[name] for name in sources))] += 1
    return counts


def _tree_parts(answer: str, wanted: str, language: str) -> list[float]:
    """Return the share of the reference's subtrees found and, where it has any, of its data flows."""
    syntax = _package("codebleu.syntax_match").corpus_syntax_match(
        [[wanted]], [answer], language, tree_sitter_language=_grammar(language)
    )
    flows = _data_flows(wanted, language)
    if not flows:
        return [float(syntax)]
    return [float(syntax), (_data_flows(answer, language) & flows).total() / flows.total()]


def _against(answer: str, wanted: str, language: str | None) -> float:
    tokens, expected = tokenise_code(answer), tokenise_code(wanted)
    if not tokens or not expected:
        return float(not tokens and not expected)
    if language is None:
        return _ngram_parts(tokens, expected, frozenset())[0]
    parts = [*_ngram_parts(tokens, expected, _keywords(language)), *_tree_parts(answer, wanted, language)]
    return math.fsum(parts) / len(parts)


def _clean(code: str) -> str:
    # A lone surrogate in an answer cannot be encoded for the parser.
    return code.strip().encode("utf-8", "replace").decode()


def codebleu(prediction: str, reference: CodeReference) -> float:
    """Return CodeBLEU of a program against the best reference, in 0..1.

    The mean of up to four parts, each 0..1: BLEU-4; recall of n-grams with keywords
    weighing 1 and other tokens 0.2; the share of the reference's syntax subtrees found in
    the answer; the share of its data flows found. n-grams are of `tokenise_code` tokens, up
    to the effective order min(4, reference's length), an order without match counting 0.1.
    A part that is undefined is left out and the others share its weight: the data flow
    where the reference has none, and all but BLEU-4 in a language that is not in
    `LANGUAGES`. So identical code scores 1 and empty output 0. The metric `codebleu` is
    the mean over instances (not a corpus score) in percent (0..100, higher is better).
    Source: [workbook] `CodeBLEU`; Ren et al. 2020 with codebleu's trees; the released code
    takes corpus counts, always Python, and a data flow of 0 for 1.

    Raises:
        MissingDependencyError: `codebleu` or the language's grammar is not installed.
        ReferenceFormatError: Not a CodeReference with at least one text.
        PredictionFormatError: The prediction is neither a string nor None.

    >>> codebleu("x = 1", CodeReference(("x = 1",), "sql")), codebleu("", CodeReference(("x = 1",), "sql"))
    (1.0, 0.0)
    """
    prediction, reference = text_prediction("codebleu", prediction), _code_reference(reference)
    language = LANGUAGES.get(reference.language.strip().lower())
    answer = _clean(prediction)
    return max(_against(answer, _clean(text), language) for text in reference.texts)


def _code_reference(reference: Any) -> CodeReference:
    if not isinstance(reference, CodeReference):
        bad_reference("codebleu", "a CodeReference", reference)
    text_references("codebleu", reference.texts)
    return reference


def _accumulator() -> MeanAccumulator:
    _package()  # absent, it is missed before the model is asked anything
    return MeanAccumulator(codebleu, _code_reference)


METRICS: Final = (
    Metric(
        name="codebleu",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "mean of BLEU-4, keyword-weighted n-gram recall, syntax match and data-flow match (undefined "
            "parts left out), best reference, mean over instances"
        ),
        factory=_accumulator,
        requires="code",
    ),
)
