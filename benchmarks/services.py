"""A company's calendars behind each service: what they cost, and how soon a change is on the glass.

The service is a simulated one, in a process of its own; so is the Admin Center, so that its
processor time is its own. One meeting in each of the rooms is renamed once a minute. One room has a
real display on a virtual screen; the others have displays that are away, so that the Admin Center
works out for each what it would show. All are on the same machine and the same monotonic clock.

Change → news: from before the change at the service until the Admin Center tells a room's displays,
over all rooms; what was overtaken by the next change is counted until that one's news.
Change → glass: the same until the new title's pixels are there, of the one room, whose meeting is
renamed more often.

`python -m benchmarks.services [--rooms N] [--seconds S] [SERVICE_push|SERVICE_polling …]`
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import mmap
import random
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.paired import Building, pair, paired_display
from benchmarks.processes import pss_bytes, work
from benchmarks.programs import BenchmarkError, virtual_screen
from benchmarks.told import Told

ROOMS = 200
REACH_S = 2.0
SETTLED_S = 8
MIB = 1024 * 1024
RUNS = {
    "office365_push": ("office365", True),
    "office365_polling": ("office365", False),
    "exchange_push": ("exchange", True),
    "exchange_polling": ("exchange", False),
    "cronofy_push": ("cronofy", True),
    "cronofy_polling": ("cronofy", False),
}
GLASS = "Atlas"
TITLES = ("Quarterly planning", "Design review")
PATIENCE_S = 20.0
"""For a change to reach the glass where the service tells of it, or where we looked for it."""
POLLING_PATIENCE_S = 300.0
LOOK_EVERY_S = 0.003
PAUSE_S = (5.0, 8.0)
"""Between two changes of the room that is looked at: a calendar is read three times in ten seconds
at most."""
_PROBES = 200
"""Pixels, at most, by which the two titles are told from each other."""

# The services' published limits.
GRAPH_TEN_MINUTES = 10_000
"""Requests of one application to one mailbox in ten minutes."""
EXCHANGE_AT_ONCE = 27
EXCHANGE_HANGING = 10
CRONOFY_A_MINUTE = 500
"""Requests of one application."""


class Glass:
    """The frame buffer, and the pixels that tell two titles apart."""

    def __init__(self, pixels: mmap.mmap) -> None:
        self._pixels = pixels
        self._probes: list[tuple[int, int, int]] = []

    def learn(self, first: bytes, second: bytes, again: bytes) -> None:
        """Take two pictures of the first title with one of the second in between.

        Raises:
            BenchmarkError: they look alike.
        """
        # What else moves on the glass, such as the clock, does not come back to what it was.
        differ = [
            at
            for at, (one, other, back) in enumerate(zip(first, second, again, strict=True))
            if one == back != other
        ]
        if not differ:
            raise BenchmarkError("the meeting's title cannot be seen on the glass")
        step = -(-len(differ) // _PROBES)
        self._probes = [(at, first[at], second[at]) for at in differ[::step]]

    def picture(self) -> bytes:
        """All pixels."""
        return self._pixels[:]

    def shows(self) -> int:
        """Which of the two titles: 0 or 1."""
        second = sum(self._pixels[at] == other for at, _, other in self._probes)
        return int(second * 2 > len(self._probes))

    def wait_for(self, title: int, patience_s: float) -> float:
        """When a title is there, on the monotonic clock.

        Raises:
            BenchmarkError: it never is.
        """
        until = time.monotonic() + patience_s
        # X tells nobody of a changed pixel as fast as looking does.
        while self.shows() != title:
            if time.monotonic() > until:
                raise BenchmarkError("a change never reached the glass")
            time.sleep(LOOK_EVERY_S)
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Cost:
    """What an Admin Center took while it was looked at."""

    core_percent: float
    memory_mib: float


@contextlib.contextmanager
def offices(folder: Path) -> Iterator[Building]:
    """An Admin Center that is to be told what to connect."""
    with Building(folder, "benchmarks.offices") as it:
        yield it


def _connect(admin: Building, service: str, *, push: bool, rooms: int, company: Told) -> None:
    asked = {"service": service, "push": push, "rooms": rooms, "form": company.answer()["form"]}
    answer = admin.tell(json.dumps(asked))
    if "link" in answer:
        answer = admin.tell(json.dumps(company.tell(f"link {answer['link']}")))
    admin.tell("settled")


@contextlib.contextmanager
def _displayed(admin: Building, folder: Path) -> Iterator[mmap.mmap]:
    """The pixels of a real display of Atlas."""
    with virtual_screen(frame_buffer=folder) as screen:
        state = pair(admin, folder)
        with (
            paired_display(screen, admin, state, folder),
            (folder / "Xvfb_screen0").open("rb") as buffer,
            mmap.mmap(buffer.fileno(), 0, prot=mmap.PROT_READ) as pixels,
        ):
            time.sleep(SETTLED_S)
            yield pixels


def _learn(admin: Building, company: Told, pixels: mmap.mmap, *, push: bool) -> Glass:
    """See both titles once; where nobody tells of them, without waiting for the time to read."""
    glass, pictures = Glass(pixels), []
    for title in (*TITLES, TITLES[0]):
        company.tell(f"title {title}")
        if not push:
            admin.tell("look")
        time.sleep(PAUSE_S[0])
        pictures.append(glass.picture())
    glass.learn(*pictures)
    return glass


def _to_glass(glass: Glass, company: Told, seconds: float, *, push: bool) -> list[float]:
    """Rename Atlas's meeting again and again, each time once the last name is seen."""
    found: list[float] = []
    moments = random.Random(2)  # noqa: S311 - odd moments, no secrets
    until = time.monotonic() + seconds
    title = 1
    patience_s = PATIENCE_S if push else POLLING_PATIENCE_S
    while (left := until - time.monotonic()) > 0:
        # Where it is read by time, a change comes at any moment between two readings.
        time.sleep(min(moments.uniform(*PAUSE_S) * (1 if push else 4), left))
        changed = float(company.tell(f"title {TITLES[title]}")["changed"])
        found.append(glass.wait_for(title, patience_s) - changed)
        title = 1 - title
    return found


def _to_news(
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


def _spread(name: str, seconds: Sequence[float]) -> dict[str, object]:
    if not seconds:
        return {f"{name}_changes": 0}
    return {
        f"{name}_changes": len(seconds),
        f"{name}_p50_ms": round(quantile(seconds, 0.5) * 1000),
        f"{name}_p99_ms": round(quantile(seconds, 0.99) * 1000),
    }


def _limits(
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


def reference(rooms: int, seconds: float) -> Cost:
    """The same Admin Center with its sample service and all rooms, while nothing changes."""
    with tempfile.TemporaryDirectory(prefix="roomdisplay-bench-") as name:
        folder = Path(name)
        with offices(folder) as admin:
            admin.tell(json.dumps({"service": "sample", "push": False, "rooms": rooms}))
            admin.tell("settled")
            with _displayed(admin, folder):
                before = work(admin.pid)
                time.sleep(seconds)
                return _cost(admin, before.processor_s, seconds)


def _cost(admin: Building, processor_s: float, seconds: float) -> Cost:
    spent = work(admin.pid).processor_s - processor_s
    return Cost(100 * spent / seconds, pss_bytes(admin.pid) / MIB)


def _run(name: str, rooms: int, seconds: float, beside: Cost) -> dict[str, object]:
    service, push = RUNS[name]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="roomdisplay-bench-")))
        admin = stack.enter_context(offices(folder))
        arguments = (service, str(rooms), admin.server)
        company = stack.enter_context(
            Told(folder / "company.log", "benchmarks.company", *arguments)
        )
        _connect(admin, service, push=push, rooms=rooms, company=company)
        pixels = stack.enter_context(_displayed(admin, folder))
        glass = _learn(admin, company, pixels, push=push)
        admin.tell("listen")
        company.tell("begin")
        before = company.tell("counted")
        work_before, simulator = work(admin.pid), work(company.pid)
        begun = time.monotonic()
        to_glass = _to_glass(glass, company, seconds, push=push)
        took = time.monotonic() - begun
        cost = _cost(admin, work_before.processor_s, took)
        after = company.tell("counted")
        simulated = work(company.pid) - simulator
        changed = company.tell("end")["changed"]
        time.sleep(2 * REACH_S if push else 0)  # the last changes' news
        heard = admin.tell("heard")["heard"]
    changed.pop(GLASS, None)
    to_news, missing = _to_news(changed, heard)
    figures: dict[str, object] = {
        "what": f"{rooms} calendars, {len(to_news) + missing} changes in {took:.0f} s",
        "core_percent": round(cost.core_percent, 1),
        "core_percent_reference": round(beside.core_percent, 2),
        "memory_mib": round(cost.memory_mib, 1),
        "memory_reference": round(beside.memory_mib, 1),
        "simulator_core_percent": round(100 * simulated.processor_s / took, 1),
        **_limits(service, rooms, before, after),
        **_spread("news", to_news),
        "news_not_yet": missing,
        **_spread("glass", to_glass),
    }
    if push:
        figures["reach_ms"] = REACH_S * 1000
        reached = bool(to_news) and not missing and quantile(to_news, 0.99) <= REACH_S
        figures["reached"] = reached and quantile(to_glass, 0.99) <= REACH_S
    return figures


def run(
    names: Sequence[str] = tuple(RUNS), *, rooms: int = ROOMS, seconds: float = 240
) -> dict[str, object]:
    """Measure each service with push and by polling, beside an idle Admin Center.

    Args:
        names: keys of `RUNS`.
        rooms: how many calendars.
        seconds: how long each is looked at, once all is set up.
    """
    beside = reference(rooms, min(seconds, 60))
    return {name: _run(name, rooms, seconds, beside) for name in names}


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*RUNS, []], metavar="RUN")
    parser.add_argument("--rooms", type=int, default=ROOMS)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    names = options.names or tuple(RUNS)
    figures = run(names, rooms=options.rooms, seconds=options.seconds)
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
