"""Lists in groups, for pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Thing = TypeVar("Thing")


def grouped(
    things: Iterable[Thing], name: Callable[[Thing], str | None]
) -> list[tuple[str, list[Thing]]]:
    """The things by the name of their group, in the order of their first; "" for no group."""
    groups: dict[str, list[Thing]] = {}
    for thing in things:
        groups.setdefault(name(thing) or "", []).append(thing)
    return list(groups.items())
