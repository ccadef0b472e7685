"""`make bench`: every figure beside its reference of the same run.

usage: python -m benchmarks [--json FILE] [--quick] [glass] [news] [feed] [services]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import feed, glass, news, services
from benchmarks.programs import BenchmarkError

NAMES = ("glass", "news", "feed", "services")


def measure(name: str, *, quick: bool) -> Iterator[dict[str, object]]:
    """Run one benchmark; its figures as they come."""
    if name == "glass":
        yield glass.run(rounds=3, idle_s=10) if quick else glass.run()
    elif name == "news":
        yield {"commit_to_pixel": news.run(commits=20) if quick else news.run()}
    elif name == "services":
        yield from services.run(rooms=40, seconds=30) if quick else services.run()
    else:
        yield {"feed": feed.run()}


def show(figures: dict[str, object]) -> None:
    """Print figures as people read them."""
    for name, values in figures.items():
        print(f"\n{name}")
        assert isinstance(values, dict)
        for key, value in values.items():
            print(f"  {key:26} {value}")
    sys.stdout.flush()


def main() -> int:
    """Measure; 0 unless something could not be measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="|".join(NAMES), help="all, if none is named")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, rougher figures")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    figures: dict[str, object] = {}
    failed = False
    for name in options.names or NAMES:
        try:
            for found in measure(name, quick=options.quick):
                figures |= found
                show(found)
        except BenchmarkError as error:
            print(f"\n{name}: cannot be measured: {error}", file=sys.stderr)
            failed = True
    if options.json is not None:
        machine = {"system": platform.platform(), "cores": os.cpu_count(),
                   "python": platform.python_version()}  # fmt: skip
        document = {"machine": machine, "figures": figures}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
