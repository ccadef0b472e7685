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
import mmap
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.paired import Building
from benchmarks.pixels import Glass, displayed
from benchmarks.processes import pss_bytes, work
from benchmarks.programs import BenchmarkError
from benchmarks.reckoning import beside_limits, quantile, seconds_to_news, spread
from benchmarks.told import Told

ROOMS = 200
REACH_S = 2.0
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
PAUSE_S = (5.0, 8.0)
"""Between two changes of the room that is looked at: a calendar is read three times in ten seconds
at most."""
POLLING_PAUSE_S = (1.0, 61.0)
"""The same where it is read by time: a change comes at any moment between two readings."""
LAST_NEWS_S = 10.0
"""For the news of the last changes, once no more are made."""
POLLING_LAST_NEWS_S = 150.0


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
        time.sleep(min(moments.uniform(*(PAUSE_S if push else POLLING_PAUSE_S)), left))
        changed = float(company.tell(f"title {TITLES[title]}")["changed"])
        found.append(glass.wait_for(title, patience_s) - changed)
        title = 1 - title
    return found


def _to_news(admin: Building, company: Told, *, push: bool) -> tuple[list[float], int]:
    """Make no more changes; the seconds of each to its news, and how many had none."""
    changed = company.tell("end")["changed"]
    changed.pop(GLASS, None)
    until = time.monotonic() + (LAST_NEWS_S if push else POLLING_LAST_NEWS_S)
    while True:
        to_news, missing = seconds_to_news(changed, admin.tell("heard")["heard"])
        if not missing or time.monotonic() > until:
            return to_news, missing
        time.sleep(1)


def reference(rooms: int, seconds: float) -> Cost:
    """The same Admin Center with its sample service and all rooms, while nothing changes."""
    with tempfile.TemporaryDirectory(prefix="roomdisplay-bench-") as name:
        folder = Path(name)
        with offices(folder) as admin:
            admin.tell(json.dumps({"service": "sample", "push": False, "rooms": rooms}))
            admin.tell("settled")
            with displayed(admin, folder):
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
        pixels = stack.enter_context(displayed(admin, folder))
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
        to_news, missing = _to_news(admin, company, push=push)
    figures: dict[str, object] = {
        "what": f"{rooms} calendars, {len(to_news) + missing} changes in {took:.0f} s",
        "core_percent": round(cost.core_percent, 1),
        "core_percent_reference": round(beside.core_percent, 2),
        "memory_mib": round(cost.memory_mib, 1),
        "memory_reference": round(beside.memory_mib, 1),
        "simulator_core_percent": round(100 * simulated.processor_s / took, 1),
        **beside_limits(service, rooms, before, after),
        **spread("news", to_news),
        "news_not_yet": missing,
        **spread("glass", to_glass),
    }
    if push:
        figures["reach_ms"] = REACH_S * 1000
        reached = bool(to_news) and not missing and quantile(to_news, 0.99) <= REACH_S
        figures["reached"] = reached and quantile(to_glass, 0.99) <= REACH_S
    return figures


def run(
    names: Sequence[str] = tuple(RUNS), *, rooms: int = ROOMS, seconds: float = 240
) -> Iterator[dict[str, object]]:
    """Measure each service with push and by polling, beside an idle Admin Center.

    Args:
        names: keys of `RUNS`.
        rooms: how many calendars.
        seconds: how long each is looked at, once all is set up; requests by polling mean something
            over whole intervals only, of one minute or, for Cronofy, of two.

    Raises:
        BenchmarkError: some could not be measured; the others were.
    """
    beside = reference(rooms, min(seconds, 60))
    failures: list[str] = []
    for name in names:
        try:
            yield {name: _run(name, rooms, seconds, beside)}
        except BenchmarkError as error:
            failures.append(f"{name}: {error}")
    if failures:
        raise BenchmarkError("\n".join(failures))


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="|".join(RUNS), help="all, if none is named")
    parser.add_argument("--rooms", type=int, default=ROOMS)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    if unknown := set(options.names) - set(RUNS):
        parser.error(f"no such run: {', '.join(sorted(unknown))}")
    names = options.names or tuple(RUNS)
    try:
        for figures in run(names, rooms=options.rooms, seconds=options.seconds):
            print(json.dumps(figures, indent=2), flush=True)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
