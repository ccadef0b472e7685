"""Conference addresses from the fields that calendars make for them."""

from __future__ import annotations

from collections.abc import Sequence

from roomdisplay.connectors.ical.contentline import Property, unescape

FIELDS = (
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGCONFLINK",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
    "X-ZOOM-JOINURL",
    "X-GOTO-JOINURL",
    "X-WEBEX-JOINURL",
)
"""Vendors' fields that hold one address, most trusted first, after CONFERENCE (RFC 7986)."""

NAMES = frozenset({*FIELDS, "CONFERENCE", "URL"})
_LONGEST = 4000
_MOST = 12


def structured_links(lines: Sequence[Property]) -> tuple[str, ...]:
    """The addresses in fields made for them, most trusted first, each once.

    A CONFERENCE that offers video comes first, one that offers only a telephone not at all; the
    event's own URL is last, since it often leads to a page about the event. Whether an address is
    one of a conference at all is decided by its host, elsewhere.
    """
    conferences = [line for line in lines if line.name == "CONFERENCE"]
    ordered = [line for line in conferences if _offers(line, "VIDEO")]
    ordered += [line for line in conferences if not _offers(line, "VIDEO")]
    for field in (*FIELDS, "URL"):
        ordered += [line for line in lines if line.name == field]
    links: dict[str, None] = {}
    for line in ordered:
        link = unescape(line.value).strip()
        if link.lower().startswith("https://") and len(link) <= _LONGEST:
            links[link] = None
    return tuple(links)[:_MOST]


def _offers(line: Property, feature: str) -> bool:
    return feature in line.params.get("FEATURE", "").upper().split(",")
