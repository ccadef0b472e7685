"""Which time zone to offer first."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import available_timezones


def local_zone() -> str:
    """The IANA name of the server's own zone, as far as it can be told; else UTC."""
    for name in (os.environ.get("TZ", ""), _named_by_link(Path("/etc/localtime"))):
        if name in available_timezones():
            return name
    return "UTC"


def _named_by_link(link: Path) -> str:
    try:
        return str(link.resolve()).partition("/zoneinfo/")[2]
    except OSError:
        return ""
