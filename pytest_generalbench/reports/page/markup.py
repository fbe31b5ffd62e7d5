"""HTML from Python: every text is escaped, so that no answer or name can become a part of the page."""

from __future__ import annotations

import html
from typing import Final

from pytest_generalbench.core.visible_text import visible_text

_VOID: Final = frozenset({"meta", "input"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escaped(value: object) -> Markup:
    """Return a value as HTML: markup as it is, anything else as text.

    >>> escaped("<script>")
    '&lt;script&gt;'
    """
    return value if isinstance(value, Markup) else Markup(html.escape(visible_text(str(value))))


def tag(name: str, /, *content: object, **attributes: object) -> Markup:
    """Return an element.

    Args:
        name: The element's name.
        content: Texts and markup inside it; None is left out.
        attributes: `class_` is `class`, `data_x` is `data-x`; True is an attribute without a value, None
            and False leave it out.

    >>> tag("td", "1 < 2", class_="number")
    '<td class="number">1 &lt; 2</td>'
    """
    words = [name]
    for key, value in attributes.items():
        label = key.rstrip("_").replace("_", "-")
        if value is True:
            words.append(label)
        elif value is not None and value is not False:
            words.append(f'{label}="{html.escape(visible_text(str(value), lines=False))}"')
    opened = " ".join(words)
    if name in _VOID:
        return Markup(f"<{opened}>")
    inner = "".join(escaped(item) for item in content if item is not None)
    return Markup(f"<{opened}>{inner}</{name}>")


def joined(*parts: object) -> Markup:
    """Return several pieces of markup as one."""
    return Markup("".join(escaped(part) for part in parts if part is not None))


def table(head: list[str], rows: list[list[object]], **attributes: object) -> Markup:
    """Return a table; cells may be whole `td` elements. The head of a column of figures is at the right."""
    figures = [isinstance(cell, Markup) and 'class="number"' in cell for cell in rows[0]] if rows else []
    cells = [
        tag("th", name, scope="col", class_="number" if place < len(figures) and figures[place] else None)
        for place, name in enumerate(head)
    ]
    body = [tag("tr", *(cell if _is_cell(cell) else tag("td", cell) for cell in row)) for row in rows]
    return tag("table", tag("thead", tag("tr", *cells)), tag("tbody", *body), **attributes)


def _is_cell(cell: object) -> bool:
    return isinstance(cell, Markup) and cell.startswith(("<td", "<th"))


def task_link(name: str) -> Markup:
    """Return the head of a row about a task, which opens it."""
    return tag("th", tag("a", name, href=f"#task={name}"), scope="row")


def number_cells(*values: object) -> list[Markup]:
    """Return cells with figures."""
    return [tag("td", value, class_="number") for value in values]


def wide_table(head: list[str], rows: list[list[object]]) -> Markup:
    """Return a table that is moved sideways where the window is too small for it."""
    return tag("div", table(head, rows), class_="wide", tabindex=0)
