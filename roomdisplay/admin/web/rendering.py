"""Templates into pages: one environment, escaping always on, words by the visitor's language."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from roomdisplay import __version__
from roomdisplay.admin.web.day_bar import day_bar
from roomdisplay.admin.web.i18n import LANGUAGES
from roomdisplay.admin.web.text import plain

STATIC = resources.files("roomdisplay.admin.web").joinpath("static")


@cache
def static_version() -> str:
    """A mark of the static files' content, so that browsers may keep them for a year."""
    digest = sha256(__version__.encode())
    for name in ("admin.css", "admin.js"):
        digest.update(STATIC.joinpath(name).read_bytes())
    return digest.hexdigest()[:12]


@cache
def environment() -> Environment:
    """The Jinja environment; undefined names are errors, everything is escaped."""
    made = Environment(
        loader=PackageLoader("roomdisplay.admin.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["plain"] = plain
    made.globals |= {
        "languages": LANGUAGES,
        "static": f"/static/{static_version()}",
        "day_bar": day_bar,
    }
    return made


def render(template: str, /, **context: Any) -> str:  # noqa: ANN401 - templates take any value
    """The page as text."""
    return environment().get_template(template).render(**context)
