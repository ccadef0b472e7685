"""The doctor's checks that hold for every calendar service."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sqlalchemy import func, select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.live import reason_of
from roomdisplay.admin.origins import hook_origin, service_on_loopback
from roomdisplay.admin.store.tables import Calendar, CalendarConnection
from roomdisplay.connectors.base import (
    Connector,
    ConnectorError,
    CredentialsRejectedError,
    Diagnosis,
    Picture,
    Push,
)
from roomdisplay.connectors.diagnosis import Finding, Probe, Verdict


def failed(check: str, error: ConnectorError) -> Finding:
    """What a check found that ended in an error of the connector."""
    diagnosis = error.diagnosis or Diagnosis(reason_of(error))
    return Finding(
        check=check,
        verdict=Verdict.BAD,
        diagnosis=diagnosis,
        harmless=not isinstance(error, CredentialsRejectedError),
        detail=error.detail,
    )


async def look_generally(connector: Connector, probe: Probe) -> AsyncIterator[Finding]:
    """Sign in, list calendars, read a week of one: for connectors without checks of their own.

    Args:
        connector: of the connection.
        probe: what to look at; invitations are not for these services.
    """
    try:
        await connector.check()
    except ConnectorError as error:
        yield failed("signs_in", error)
        for check in ("lists_calendars", "reads_week"):
            yield _skipped(check, "signs_in")
        return
    yield Finding(check="signs_in", verdict=Verdict.GOOD)
    address = probe.room
    try:
        listed = await connector.list_calendars() if connector.capabilities.list_calendars else ()
    except ConnectorError as error:
        yield failed("lists_calendars", error)
    else:
        address = address or next((one.address for one in listed), None)
        facts = {"calendars": str(len(listed))}
        empty = connector.capabilities.list_calendars and not listed
        yield Finding(
            check="lists_calendars",
            verdict=Verdict.WARNING if empty else Verdict.GOOD,
            diagnosis=Diagnosis("no_calendars") if empty else None,
            facts=facts,
        )
    if address is None:
        yield _skipped("reads_week", "lists_calendars")
        return
    yield await _reads_week(connector, address, probe)


async def look_whether_told(admin: Admin, connection: CalendarConnection, push: Push) -> Finding:
    """Whether the service tells of changes, so that displays show them within seconds."""
    on_loopback = service_on_loopback(connection.values)
    if push is Push.HOOKS and hook_origin(admin.settings, on_loopback=on_loopback) is None:
        origin = {"origin": admin.settings.canonical_origin}
        diagnosis = Diagnosis("push_no_address", origin)
        return Finding(check="told_of_changes", verdict=Verdict.WARNING, diagnosis=diagnosis)
    in_use = (Calendar.connection_id == connection.id, Calendar.next_due_at.is_not(None))
    async with admin.store.reading() as session:
        used = await session.scalar(select(func.count(Calendar.id)).where(*in_use)) or 0
        query = select(func.count(Calendar.id)).where(*in_use, Calendar.told_by.is_not(None))
        told = await session.scalar(query) or 0
    if not used:
        unused = Diagnosis("push_not_used")
        return Finding(check="told_of_changes", verdict=Verdict.SKIPPED, diagnosis=unused)
    facts = {"calendars": str(used), "told": str(told)}
    return Finding(
        check="told_of_changes",
        verdict=Verdict.GOOD if told == used else Verdict.WARNING,
        diagnosis=None if told == used else Diagnosis("push_not_heard", facts),
        facts=facts,
    )


async def _reads_week(connector: Connector, address: str, probe: Probe) -> Finding:
    try:
        told = await connector.read(address, probe.window, zone=probe.zone)
    except ConnectorError as error:
        return failed("reads_week", error)
    if not isinstance(told, Picture):
        return Finding(
            check="reads_week", verdict=Verdict.BAD, diagnosis=Diagnosis("malformed_answer")
        )
    facts = {"calendar": address, "meetings": str(len(told.occurrences))}
    if told.unreadable:
        facts["unreadable"] = str(told.unreadable)
        diagnosis = Diagnosis("unreadable_meetings", facts)
        return Finding(
            check="reads_week", verdict=Verdict.WARNING, diagnosis=diagnosis, facts=facts
        )
    return Finding(check="reads_week", verdict=Verdict.GOOD, facts=facts)


def _skipped(check: str, because: str) -> Finding:
    diagnosis = Diagnosis("skipped", {"check": because})
    return Finding(check=check, verdict=Verdict.SKIPPED, diagnosis=diagnosis)
