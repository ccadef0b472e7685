"""What a display would show of a feed, and what not and why: `roomdisplay explain feed`."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import unicodedata
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from roomdisplay.connectors.base import (
    ConnectorError,
    LeftOut,
    MalformedAnswerError,
    Occurrence,
    Picture,
    Window,
)
from roomdisplay.connectors.ical.reading import read_calendars
from roomdisplay.connectors.ical.text import calendar_text
from roomdisplay.connectors.ical.zones import named_zone

LARGEST_FILE = 256 * 2**20
"""Bytes."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def read_file(path: Path, window: Window, zone: str) -> Picture:
    """Read a calendar file of this machine; for the command line only.

    Raises:
        OSError: it cannot be read.
        MalformedAnswerError: it is no calendar.
    """
    with path.open("rb") as file:
        body = file.read(LARGEST_FILE + 1)
    if len(body) > LARGEST_FILE:
        raise MalformedAnswerError(f"the file is larger than {LARGEST_FILE // 2**20} MiB")
    return read_calendars([calendar_text(body)], window, zone)


def window_of(first: date | datetime, last: date | datetime, zone: str) -> Window:
    """The span from `first` up to, not including, `last`; a date means its local midnight.

    Raises:
        ValueError: it is empty.
        KeyError: the zone is not known.
    """
    room = ZoneInfo(zone)
    return Window(_instant(first, room), _instant(last, room))


def _instant(moment: date | datetime, room: ZoneInfo) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=room)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=room)
    return moment.astimezone(UTC)


def rows(picture: Picture, zone: str) -> list[dict[str, object]]:
    """The picture as objects for JSON: the shown meetings by time, then those left out.

    Times are RFC 3339 with the offset that `zone` has at that instant.
    """
    room = ZoneInfo(zone)
    shown = [_row(one, room) for one in picture.occurrences]
    hidden = [{**_row(one, room), "left_out": one.reason} for one in picture.left_out]
    return shown + hidden


def _row(one: Occurrence | LeftOut, room: ZoneInfo) -> dict[str, object]:
    return {
        "id": one.source_id,
        "title": one.title,
        "start": _rfc3339(one.start, room),
        "end": _rfc3339(one.end, room),
        "all_day": one.all_day,
    }


def _rfc3339(moment: datetime | None, room: ZoneInfo) -> str | None:
    if moment is None:
        return None
    local = moment.astimezone(room)
    # RFC 3339 knows no seconds in an offset, which zones had before they had rules.
    offset = local.utcoffset() or timedelta(0)
    if offset % timedelta(minutes=1):
        return moment.isoformat()
    return local.isoformat()


def read_url(url: str, window: Window, zone: str) -> Picture:
    """Fetch a published feed and read it.

    Raises:
        ConnectorError: it cannot be had, or is no calendar.
    """
    from roomdisplay.connectors.ics.connector import THE_FEED, IcsConnector  # noqa: PLC0415 - httpx is for addresses only

    async def fetched() -> Picture:
        connector = IcsConnector(url)
        try:
            answer = await connector.read(THE_FEED, window, zone=zone)
        finally:
            await connector.aclose()
        assert isinstance(answer, Picture), "without a cursor nothing can be unchanged"
        return answer

    return asyncio.run(fetched())


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `roomdisplay explain feed`."""
    parser.add_argument("source", metavar="FILE|URL", help="a calendar file, or where one is")
    parser.add_argument(
        "--from", dest="first", type=_day, required=True, metavar="DATE", help="the first day"
    )
    parser.add_argument(
        "--to", dest="last", type=_day, required=True, metavar="DATE", help="the day after the last"
    )
    parser.add_argument(
        "--tz", default="UTC", metavar="ZONE", help="the room's time zone, such as Europe/Paris"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON array")


def run(options: argparse.Namespace) -> int:
    """Print what a display would show; 0 if the feed could be read, else 2."""
    source: str = options.source
    try:
        window = window_of(options.first, options.last, options.tz)
    except (KeyError, OSError, ValueError):
        known = named_zone(options.tz) is not None
        return _refuse("--to must be after --from" if known else f"no time zone {options.tz!r}")
    try:
        if _ADDRESS.match(source):
            picture = read_url(source, window, options.tz)
        else:
            picture = read_file(Path(source), window, options.tz)
    except OSError as error:
        return _refuse(f"{source}: {error.strerror or error}")
    except ConnectorError as error:
        return _refuse(f"{source}: {error.detail}")
    for sentence in picture.warnings:
        sys.stderr.write(f"warning: {_plain(sentence)}\n")
    found = rows(picture, options.tz)
    sys.stdout.write((json.dumps(found, indent=2) if options.json else _table(found)) + "\n")
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a date like 2026-11-23: {text!r}") from None


def _refuse(reason: str) -> int:
    sys.stderr.write(f"roomdisplay explain feed: {_plain(reason)}\n")
    return 2


def _table(found: list[dict[str, object]]) -> str:
    lines = []
    for row in found:
        span = f"{row['start'] or '?'}  {row['end'] or '?'}"
        title = _plain(str(row["title"] or "(no title)"))
        lines.append(f"{span}  {title}" + (f"  [{row['left_out']}]" if "left_out" in row else ""))
    return "\n".join(lines) or "no meetings"


def _plain(text: str) -> str:
    """Without the characters that steer a terminal or turn the direction of writing."""
    return "".join(mark for mark in text if not unicodedata.category(mark).startswith("C"))
