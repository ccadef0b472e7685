"""What is reckoned from what was seen: how long changes took, and requests beside limits."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

# The services' published limits.
GRAPH_TEN_MINUTES = 10_000
"""Requests of one application to one mailbox in ten minutes."""
EXCHANGE_AT_ONCE = 27
EXCHANGE_HANGING = 10
CRONOFY_A_MINUTE = 500
"""Requests of one application."""


def seconds_to_news(
    changed: Mapping[str, Sequence[float]], heard: Mapping[str, Sequence[float]]
) -> tuple[list[float], int]:
    """The seconds of each change, and how many had no news yet.

    The last news before a room's next change are taken: an earlier one may be of a reading that was
    under way.
    """
    seconds: list[float] = []
    missing = 0
    for room, changes in changed.items():
        news = heard.get(room, ())
        told: float | None = None
        for number in range(len(changes) - 1, -1, -1):
            last = bisect_left(news, changes[number + 1]) if number + 1 < len(changes) else None
            before = list(news[:last])
            told = before[-1] if before and before[-1] > changes[number] else told
            if told is None:
                missing += 1
            else:
                seconds.append(told - changes[number])
    return seconds, missing


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(name: str, seconds: Sequence[float]) -> dict[str, object]:
    """How many there were, their median and their 99th percentile."""
    if not seconds:
        return {f"{name}_changes": 0}
    return {
        f"{name}_changes": len(seconds),
        f"{name}_p50_ms": round(quantile(seconds, 0.5) * 1000),
        f"{name}_p99_ms": round(quantile(seconds, 0.99) * 1000),
    }


def beside_limits(
    service: str, rooms: int, before: dict[str, Any], after: dict[str, Any]
) -> dict[str, object]:
    """Requests beside what the service allows."""
    span_s = after["at"] - before["at"]
    requests = after["requests"] - before["requests"]
    found: dict[str, object] = {"requests_calendar_hour": round(requests / rooms * 3600 / span_s)}
    if service == "office365":
        busiest = max(
            count - before["by_mailbox"].get(mailbox, 0)
            for mailbox, count in after["by_mailbox"].items()
            if mailbox != "room000@building.example"
        )
        of_ten_minutes = busiest * 600 / span_s / GRAPH_TEN_MINUTES
        found["busiest_mailbox_to_limit"] = round(of_ten_minutes, 5)
        found["refused"] = after["refused"] - before["refused"]
    elif service == "exchange":
        found["most_at_once_to_limit"] = round(after["most_at_once"] / EXCHANGE_AT_ONCE, 3)
        found["hanging_to_limit"] = round(after["hanging"] / EXCHANGE_HANGING, 3)
    else:
        found["requests_minute_to_limit"] = round(requests * 60 / span_s / CRONOFY_A_MINUTE, 3)
    return found
