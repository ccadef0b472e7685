"""From what an administrator types to the calendars behind it (RFC 6764, RFC 5397, RFC 4791)."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from roomdisplay.connectors.base import (
    CalendarGoneError,
    CalendarInfo,
    ConnectorError,
    CredentialsRejectedError,
    MalformedAnswerError,
    PermissionMissingError,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.connectors.caldav import xml
from roomdisplay.connectors.caldav.client import CalDavClient
from roomdisplay.connectors.caldav.xml import Resource

_COLLECTION = (
    "D:resourcetype",
    "D:displayname",
    "C:supported-calendar-component-set",
    "D:current-user-principal",
    "C:calendar-home-set",
)
_NO_CALENDARS = (
    f"{xml.CALDAV}schedule-inbox",
    f"{xml.CALDAV}schedule-outbox",
    f"{xml.CALENDAR_SERVER}deleted-calendar",
    "{http://nextcloud.com/ns}deleted-calendar",
    f"{xml.CALENDAR_SERVER}subscribed",
)
_MOST_HOMES = 20
_FINAL = (CredentialsRejectedError, ThrottledError, UnavailableError)
"""Errors after which another address on the same server would do no better."""


async def find_calendars(client: CalDavClient, url: httpx.URL) -> Sequence[CalendarInfo]:
    """The calendars that can be reached from `url`, by name; addresses are whole URLs.

    `url` may be the server, an account's principal or home, or a calendar itself. Principal and
    homes may lie on another host than `url`; credentials are not sent there.

    Raises:
        ConnectorError: there is nothing of CalDAV at this address.
    """
    found: dict[str, CalendarInfo] = {}
    base, own = await _first_answer(client, url)
    _collect([own], base, found)
    if found:
        return list(found.values())
    for home in await _homes(client, base, own):
        listed, home_url = await client.propfind(home, 1, *_COLLECTION)
        _collect(listed.resources, home_url, found)
    if not found:
        _collect((await client.propfind(base, 1, *_COLLECTION))[0].resources, base, found)
    return sorted(found.values(), key=lambda info: info.name.casefold())


async def _first_answer(client: CalDavClient, url: httpx.URL) -> tuple[httpx.URL, Resource]:
    """The first address that speaks WebDAV: as given, then the well-known one."""
    first: ConnectorError | None = None
    unsaid: tuple[httpx.URL, Resource] | None = None
    for candidate in (url, url.copy_with(path="/.well-known/caldav", query=None)):
        try:
            found, base = await client.propfind(candidate, 0, *_COLLECTION, same_origin=True)
        except _FINAL as error:
            raise first or error from None
        except (CalendarGoneError, MalformedAnswerError, PermissionMissingError) as error:
            first = first or error
            continue
        if found.resources:
            own = found.resources[0]
            if _principal(own) or _is_calendar(own) or own.properties.keys() & _HOME:
                return base, own
            unsaid = unsaid or (base, own)
    if unsaid is not None:
        return unsaid
    raise first or MalformedAnswerError(f"{url.host} does not speak CalDAV at this address")


_HOME = {f"{xml.CALDAV}calendar-home-set"}


async def _homes(client: CalDavClient, base: httpx.URL, own: Resource) -> list[httpx.URL]:
    homes = _homes_of(own, base)
    principal = _principal(own)
    if not homes and principal:
        found, principal_url = await client.propfind(base.join(principal), 0, "C:calendar-home-set")
        for resource in found.resources:
            homes += _homes_of(resource, principal_url)
    return homes[:_MOST_HOMES]


def _homes_of(resource: Resource, base: httpx.URL) -> list[httpx.URL]:
    homes = resource.properties.get(f"{xml.CALDAV}calendar-home-set")
    return [base.join(href) for href in xml.hrefs(homes)]


def _principal(resource: Resource) -> str:
    element = resource.properties.get(f"{xml.DAV}current-user-principal")
    return next(xml.hrefs(element), "")


def _collect(
    resources: Sequence[Resource], base: httpx.URL, found: dict[str, CalendarInfo]
) -> None:
    for resource in resources:
        if _is_calendar(resource):
            address = str(base.join(resource.href))
            name = resource.text(f"{xml.DAV}displayname")
            fallback = resource.path.rstrip("/").rpartition("/")[2]
            found[address] = CalendarInfo(address=address, name=(name or fallback)[:200])


def _is_calendar(resource: Resource) -> bool:
    kinds = resource.properties.get(f"{xml.DAV}resourcetype")
    if kinds is None or kinds.find(f"{xml.CALDAV}calendar") is None:
        return False
    if any(kinds.find(kind) is not None for kind in _NO_CALENDARS):
        return False
    components = resource.properties.get(f"{xml.CALDAV}supported-calendar-component-set")
    if components is None or not len(components):
        return True
    return any((part.get("name") or "").upper() == "VEVENT" for part in components)
