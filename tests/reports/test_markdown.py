"""Texts from outside in Markdown do nothing."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.visible_text import visible_text
from pytest_generalbench.reports.markdown import code, head, row, safe

HOSTILE = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="*_`[]()<>!#@|\\~$&:;/w.-+=1 \n\ta{}\"'\x1b\u202e", max_size=40),
)


def shown(markdown: str) -> str:
    return unescape(re.sub("<!-- -->", "", markdown))


@given(HOSTILE)
def test_what_is_shown_is_the_text_on_one_line(text: str) -> None:
    assert shown(safe(text)) == visible_text(" ".join(text.split()), lines=False)


@given(HOSTILE)
def test_nothing_is_left_that_acts(text: str) -> None:
    made = safe(text)
    rest = made.replace("<!-- -->", "")
    assert not re.search(r"[*_`<>\[\]|\\~$!@]|&(?!#\d+;)|#(?!\d+;)|://|(?i:www\.)", rest)
    assert not re.search(r"&#(64|35);(?!<!-- -->)", made)
    assert "\n" not in made


@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_a_row_has_its_cells_and_no_others(cells: list[str]) -> None:
    renderer = pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")
    table = "\n".join([*head(["name"] * len(cells)), row([code(cell) for cell in cells])])
    html = renderer.MarkdownIt("gfm-like", {"linkify": False}).render(table)
    assert html.count("<td>") == len(cells)
    found = [shown(cell) for cell in re.findall(r"<td><code>(.*?)</code></td>", html)]
    assert found == [shown(safe(cell)).replace("\0", "") for cell in cells]


@given(HOSTILE)
def test_a_line_stays_a_paragraph(text: str) -> None:
    renderer = pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")
    html = renderer.MarkdownIt("gfm-like", {"linkify": False}).render(safe(text))
    rest = html.replace("<!-- -->", "").removeprefix("<p>").removesuffix("</p>\n")
    assert unescape(rest) == shown(safe(text))


def test_a_long_text_is_cut_and_says_so() -> None:
    assert safe("a" * 9, 5) == "aaaa…"
    assert code("@all") == "<code>&#64;<!-- -->all</code>"
    assert safe("-0.5") == "-0.5"
    assert safe("+ a") == "&#43; a"
