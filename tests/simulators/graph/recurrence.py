"""A series' rule, between RFC 5545 and patternedRecurrence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from simulators.graph.preferences import windows_name, zone_of
from simulators.graph.wire import GraphError
from simulators.organisation import Item, Recurrence

DAYS = {
    "SU": "sunday",
    "MO": "monday",
    "TU": "tuesday",
    "WE": "wednesday",
    "TH": "thursday",
    "FR": "friday",
    "SA": "saturday",
}
CODES = {name: code for code, name in DAYS.items()}
ORDER = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
INDICES = {"1": "first", "2": "second", "3": "third", "4": "fourth", "-1": "last"}
POSITIONS = {name: position for position, name in INDICES.items()}


def pattern_of(item: Item) -> dict[str, Any] | None:
    """The patternedRecurrence of a series; None for a single meeting."""
    if item.recurrence is None:
        return None
    rule = dict(part.split("=", 1) for part in item.recurrence.rrule.upper().split(";"))
    first = item.start.astimezone(ZoneInfo(item.zone)).date()
    days = rule.get("BYDAY", ORDER[first.weekday()]).split(",")
    position = rule.get("BYSETPOS") or days[0][:-2] or "1"
    names = [DAYS[day[-2:]] for day in days]
    relative = "BYDAY" in rule and rule["FREQ"] in ("MONTHLY", "YEARLY")
    kind = {"DAILY": "daily", "WEEKLY": "weekly"}.get(rule["FREQ"])
    kind = kind or ("relative" if relative else "absolute") + rule["FREQ"].capitalize()
    by_day = relative or kind == "weekly"
    pattern = {
        "type": kind,
        "interval": int(rule.get("INTERVAL", 1)),
        "month": int(rule.get("BYMONTH", first.month)) if "Yearly" in kind else 0,
        "dayOfMonth": int(rule.get("BYMONTHDAY", first.day)) if "absolute" in kind else 0,
        "firstDayOfWeek": DAYS[rule.get("WKST", "SU")],
        "index": INDICES.get(position, "first") if relative else "first",
    }
    if by_day:
        pattern["daysOfWeek"] = names
    return {"pattern": pattern, "range": _range(rule, first, item.zone)}


def _range(rule: dict[str, str], first: date, zone: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "noEnd",
        "startDate": first.isoformat(),
        "endDate": "0001-01-01",
        "recurrenceTimeZone": windows_name(zone),
        "numberOfOccurrences": 0,
    }
    if "COUNT" in rule:
        return found | {"type": "numbered", "numberOfOccurrences": int(rule["COUNT"])}
    if "UNTIL" in rule:
        until = datetime.strptime(rule["UNTIL"][:8], "%Y%m%d").date()  # noqa: DTZ007  # a date
        if rule["UNTIL"].endswith("Z"):
            instant = datetime.strptime(rule["UNTIL"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            until = instant.astimezone(ZoneInfo(zone)).date()
        return found | {"type": "endDate", "endDate": until.isoformat()}
    return found


def rule_of(given: Any) -> Recurrence | None:
    """The rule of a patternedRecurrence that was sent.

    Raises:
        GraphError: it makes no sense.
    """
    if given is None:
        return None
    try:
        return Recurrence(";".join(_rule_parts(given["pattern"], given["range"])))
    except (KeyError, TypeError, ValueError):
        words = "Your request can't be completed. The recurrence pattern is invalid."
        raise GraphError(400, "ErrorInvalidRequest", words) from None


def _rule_parts(pattern: dict[str, Any], span: dict[str, Any]) -> list[str]:
    kind = pattern["type"]
    frequencies = {"daily": "DAILY", "weekly": "WEEKLY"}
    frequency = frequencies.get(kind) or ("YEARLY" if kind.endswith("Yearly") else "MONTHLY")
    parts = [f"FREQ={frequency}", f"INTERVAL={int(pattern['interval'])}"]
    codes = [CODES[name.lower()] for name in pattern.get("daysOfWeek") or []]
    if kind == "weekly":
        parts += [
            "BYDAY=" + ",".join(codes),
            "WKST=" + CODES[pattern.get("firstDayOfWeek", "sunday")],
        ]
    if kind.endswith("Yearly"):
        parts.append(f"BYMONTH={int(pattern['month'])}")
    if kind.startswith("absolute"):
        parts.append(f"BYMONTHDAY={int(pattern['dayOfMonth'])}")
    if kind.startswith("relative"):
        position = POSITIONS[pattern.get("index", "first")]
        parts += ["BYDAY=" + ",".join(codes), f"BYSETPOS={position}"]
    if span["type"] == "numbered":
        parts.append(f"COUNT={int(span['numberOfOccurrences'])}")
    if span["type"] == "endDate":
        zone = zone_of(span.get("recurrenceTimeZone") or "UTC")
        last = datetime.fromisoformat(f"{span['endDate']}T23:59:59").replace(tzinfo=zone)
        parts.append(f"UNTIL={last.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    return parts
