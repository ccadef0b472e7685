"""Loading Qt for Python, and nothing that comes with it unasked."""

from __future__ import annotations

import builtins


def load_qt() -> None:
    """Import Qt for Python, and keep it out of all later imports.

    For the sake of `from __feature__ import snake_case`, which nothing here asks for, PySide6 puts
    itself in the place of `__import__` and from then on reads the source of every module that
    anybody imports, to look for its own name in it; `linecache` keeps those sources for ever.
    """
    before = builtins.__import__
    import PySide6.QtCore  # noqa: F401, PLC0415 - for the sake of its import

    builtins.__import__ = before
