"""Query options of OData, as far as calendars and places take them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import urlencode

from simulators.graph.wire import GraphError, Request, Response

PLAIN_PAGE = 10
LONGEST_PAGE = 1000
KNOWN = {
    "select", "top", "skip", "orderby", "filter", "expand", "count", "search",
    "startdatetime", "enddatetime", "deltatoken", "skiptoken",
}  # fmt: skip
EXTENDED = re.compile(
    r"singleValueExtendedProperties\s*/\s*any\s*\(\s*(\w+)\s*:\s*\1/id\s+eq\s+'((?:[^']|'')*)'"
    r"\s+and\s+\1/value\s+eq\s+'((?:[^']|'')*)'\s*\)",
    re.IGNORECASE,
)
EXPANDED = re.compile(
    r"singleValueExtendedProperties\s*\(\s*\$filter\s*=\s*(.+)\)$", re.IGNORECASE | re.DOTALL
)


def check_options(request: Request, *, refused: Collection[str] = ()) -> None:
    """Refuse what is no option, and those that the resource does not take."""
    for name in request.query:
        bare = name.lower().lstrip("$")
        if bare not in KNOWN and name.startswith("$"):
            raise GraphError(400, "BadRequest", f"The query parameter '{name}' is not supported.")
        if bare in refused:
            raise GraphError(
                400,
                "ErrorInvalidUrlQuery",
                "The following parameters are not supported with change tracking over the"
                " 'CalendarView' resource: '$orderby, $filter, $select, $expand, $search, $top'.",
            )


def number(request: Request, name: str, standard: int, least: int = 0) -> int:
    """A whole number among the options.

    Raises:
        GraphError: it is none.
    """
    given = request.option(name)
    if given is None:
        return standard
    if not given.isdigit() or int(given) < least:
        raise GraphError(400, "BadRequest", f"Invalid value '{given}' for ${name}.")
    return int(given)


def page(
    request: Request,
    rows: Sequence[dict[str, Any]],
    *,
    context: str,
    standard: int = PLAIN_PAGE,
    preferred: int | None = None,
) -> Response:
    """One page of rows, with the address of the next one."""
    size = number(request, "top", preferred or standard, 1)
    if size > LONGEST_PAGE:
        words = f"The limit of '{LONGEST_PAGE}' for Top query has been exceeded."
        raise GraphError(400, "BadRequest", f"{words} The value from the request is '{size}'.")
    skip = number(request, "skip", 0)
    payload: dict[str, Any] = {"@odata.context": context}
    if (request.option("count") or "").lower() == "true":
        payload["@odata.count"] = len(rows)
    payload["value"] = list(rows[skip : skip + size])
    if skip + size < len(rows):
        query = {name: value for name, value in request.query.items() if name.lower() != "$skip"}
        query["$skip"] = str(skip + size)
        payload["@odata.nextLink"] = (
            f"{request.origin}{request.path}?{urlencode(query, safe='$:,')}"
        )
    return Response(payload=payload)


def selected(request: Request, type_name: str, known: Collection[str]) -> list[str]:
    """The properties that $select names.

    Raises:
        GraphError: one of them does not exist.
    """
    given = request.option("select")
    wanted = [name.strip() for name in given.split(",")] if given else []
    for name in wanted:
        if name not in known:
            raise GraphError(
                400,
                "RequestBroker--ParseUri",
                f"Could not find a property named '{name}' on type 'microsoft.graph.{type_name}'.",
            )
    return wanted


def select(
    request: Request, row: dict[str, Any], type_name: str, known: Collection[str]
) -> dict[str, Any]:
    """What $select leaves of a row: the id always stays.

    Raises:
        GraphError: it names what does not exist.
    """
    wanted = selected(request, type_name, known)
    if not wanted:
        return row
    return {
        name: value
        for name, value in row.items()
        if name in wanted
        or name == "id"
        or name.startswith("@")
        or name == "singleValueExtendedProperties"
    }


def in_order(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sorted by $orderby, such as "start/dateTime desc".

    Raises:
        GraphError: it names what does not exist.
    """
    given = request.option("orderby")
    if not given:
        return rows
    for part in reversed(given.split(",")):
        path, _, direction = part.strip().partition(" ")
        try:
            rows = sorted(rows, key=lambda row: _at(row, path), reverse=direction == "desc")
        except (KeyError, TypeError):
            raise GraphError(
                400, "RequestBroker--ParseUri", f"Could not find a property named '{path}'."
            ) from None
    return rows


def _at(row: Any, path: str) -> Any:
    for name in path.split("/"):
        row = row[name]
    return row


def extended_filter(request: Request) -> tuple[str, str] | None:
    """The extended property that $filter asks for, the one filter that events take here.

    Raises:
        GraphError: it is another.
    """
    given = request.option("filter")
    if not given:
        return None
    found = EXTENDED.fullmatch(given.strip())
    if found is None:
        words = "The query filter contains one or more invalid nodes."
        raise GraphError(400, "ErrorInvalidUrlQueryFilter", words)
    return found[2].replace("''", "'"), found[3].replace("''", "'")


def expanded(request: Request) -> list[str]:
    """The ids of extended properties that $expand asks for.

    Raises:
        GraphError: it asks for something else.
    """
    given = request.option("expand")
    if not given:
        return []
    found = EXPANDED.match(given.strip())
    ids = re.findall(r"id\s+eq\s+'((?:[^']|'')*)'", found[1]) if found else []
    if not ids:
        raise GraphError(400, "RequestBroker--ParseUri", "The $expand cannot be understood.")
    return [one.replace("''", "'") for one in ids]
