"""Search expressions of FindItem and FindFolder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .soap import NAMES, Element, EwsError, children, local

Reader = Callable[[Element], str | None]
"""Gives the value that a FieldURI, ExtendedFieldURI or IndexedFieldURI names, None if not set."""

_COMPARISONS: Final[dict[str, Callable[[int], bool]]] = {
    "IsEqualTo": lambda order: order == 0,
    "IsNotEqualTo": lambda order: order != 0,
    "IsGreaterThan": lambda order: order > 0,
    "IsGreaterThanOrEqualTo": lambda order: order >= 0,
    "IsLessThan": lambda order: order < 0,
    "IsLessThanOrEqualTo": lambda order: order <= 0,
}


def matches(restriction: Element, read: Reader) -> bool:
    """Whether something, whose values `read` gives, fulfils an m:Restriction.

    Raises:
        EwsError: the expression is none.
    """
    found = children(restriction)
    if len(found) != 1:
        raise EwsError("ErrorInvalidRestriction", "One expression is expected.")
    return _holds(found[0], read)


def _holds(expression: Element, read: Reader) -> bool:
    name = local(expression)
    parts = children(expression)
    match name:
        case "And":
            return all(_holds(part, read) for part in parts)
        case "Or":
            return any(_holds(part, read) for part in parts)
        case "Not":
            return not _holds(parts[0], read)
        case "Exists":
            return read(parts[0]) is not None
        case "Contains":
            return _contains(expression, parts[0], read)
    if name not in _COMPARISONS:
        raise EwsError("ErrorUnsupportedQueryFilter", f"{name} is no expression.")
    value = read(parts[0])
    return value is not None and _COMPARISONS[name](_order(value, _operand(parts[1], read)))


def _operand(part: Element, read: Reader) -> str:
    constant = part.find("t:Constant", NAMES)
    if constant is not None:
        return constant.get("Value", "")
    return read(children(part)[0]) or ""


def _order(left: str, right: str) -> int:
    """Below, at or above zero; whole numbers as numbers, times and texts by their letters."""
    if left.lstrip("-").isdecimal() and right.lstrip("-").isdecimal():
        return int(left) - int(right)
    low, high = left.casefold(), right.casefold()
    return (low > high) - (low < high)


def _contains(expression: Element, path: Element, read: Reader) -> bool:
    value = (read(path) or "").casefold()
    constant = expression.find("t:Constant", NAMES)
    wanted = "" if constant is None else constant.get("Value", "").casefold()
    match expression.get("ContainmentMode", "FullString"):
        case "Prefixed":
            return value.startswith(wanted)
        case "Substring":
            return wanted in value
        case "FullString":
            return value == wanted
        case _:
            return wanted in value.split()
