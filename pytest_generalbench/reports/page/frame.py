"""The frame of a page that needs no other file: head, content security policy, style and script."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from pytest_generalbench.reports.page.markup import Markup, joined, tag

_MEDIA = "'self' file: data:"


def html_page(title: str, body: Markup, script: str | None = None) -> str:
    """Return a page; its policy allows the style and the script of the page alone.

    Args:
        title: The title in the head.
        body: What the page shows.
        script: The page's script, which may add others and show media of its folder; None: the page has none.
    """
    style = static_text("page.css")
    policy = f"default-src 'none'; style-src {_digest(style)}; base-uri 'none'; form-action 'none'"
    if script is not None:
        policy += f"; script-src {_digest(script)} 'strict-dynamic'; img-src {_MEDIA}; media-src {_MEDIA}"
    head = joined(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Markup(style)),
    )
    whole = joined(body, tag("script", Markup(script))) if script is not None else body
    return f"<!DOCTYPE html>\n{tag('html', tag('head', head), tag('body', whole), lang='en')}\n"


def static_text(name: str) -> str:
    """Return a file of the folder `static`."""
    return resources.files("pytest_generalbench.reports.page").joinpath("static", name).read_text("utf-8")


def _digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii") + "'"
