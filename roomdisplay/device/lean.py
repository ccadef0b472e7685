"""Loading a library without what it takes along only because it happens to be installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Have imports of these modules fail while the block runs, as if they were not installed.

    For what a library tries and does without. A module that is loaded already stays usable.
    """
    barred = [name for name in names if name not in sys.modules]
    for name in barred:
        sys.modules[name] = None  # type: ignore[assignment]  # the documented way to bar an import
    try:
        yield
    finally:
        for name in barred:
            del sys.modules[name]
