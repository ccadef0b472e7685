"""The calendar doctor: looks at a connection, one small check after the other, and keeps its words.

What is kept of a finding are keys, names and numbers; the pages put them into words.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.general_doctor import failed, look_generally, look_whether_told
from roomdisplay.admin.live import settings_of
from roomdisplay.admin.news import DUE, PAGES
from roomdisplay.admin.security.roles import SYSTEM, Actor, Permission, require
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, DoctorReport, Room
from roomdisplay.admin.token_store import StoredTokens
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.connecting import found, proved_well
from roomdisplay.admin.use_cases.doctor_rounds import look_again, next_look
from roomdisplay.connectors import registry
from roomdisplay.connectors.base import (
    Capabilities,
    ConnectorError,
    Diagnosis,
    Push,
    Surroundings,
    Window,
)
from roomdisplay.connectors.diagnosis import DiagnosingConnector, Finding, Probe, Verdict

LOOK_LIMIT = timedelta(minutes=3)
"""Of all checks together; an invitation takes its time to arrive."""
_WORST = (Verdict.GOOD, Verdict.SKIPPED, Verdict.WARNING, Verdict.BAD)
_FINDINGS_LIMIT = 60
_DETAIL_LIMIT = 500
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorView:
    """What the doctor found last."""

    connection_id: str
    findings: tuple[Finding, ...] = ()
    verdict: Verdict | None = None
    """The worst of them; None: it has not finished yet."""
    room: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    next_at: datetime | None = None
    """When it looks again by itself; None: when somebody asks."""
    waiting: bool = field(default=False)
    """Whether somebody asked for a look that has not finished."""


async def ask_doctor(
    admin: Admin,
    actor: Actor,
    connection_id: str,
    *,
    room: str | None = None,
    invitation: bool = False,
) -> None:
    """Have the doctor look now, in the background: `doctor_report` grows, with news of `PAGES`.

    Raises:
        ForbiddenError: the role may not; a test meeting takes the right to connect services.
        NotFoundError: there is no such connection.
    """
    _require(actor, invitation=invitation)
    async with admin.store.transaction() as session:
        row = await found(session, connection_id)
        await look_again(admin, session, connection_id, room=room, invitation=invitation)
        if invitation:
            record(
                admin,
                session,
                actor,
                "service.test_meeting",
                subject_id=row.id,
                name=row.name,
                room=room,
            )


async def doctor_report(admin: Admin, actor: Actor, connection_id: str) -> DoctorView:
    """What the doctor found last at a connection.

    Raises:
        NotFoundError: there is no such connection.
    """
    require(actor, Permission.ROOMS)
    async with admin.store.reading() as session:
        await found(session, connection_id)
        row = await session.get(DoctorReport, connection_id)
    if row is None:
        return DoctorView(connection_id=connection_id)
    now = admin.clock()
    return DoctorView(
        connection_id=connection_id,
        findings=tuple(_finding(one) for one in row.findings),
        verdict=Verdict(row.verdict) if row.verdict and row.finished_at else None,
        room=row.room,
        started_at=row.started_at,
        finished_at=row.finished_at,
        next_at=row.due_at,
        waiting=row.due_at is not None and row.due_at <= now,
    )


async def run_doctor(
    admin: Admin,
    actor: Actor,
    connection_id: str,
    *,
    room: str | None = None,
    invitation: bool = False,
) -> AsyncIterator[Finding]:
    """Look at a connection now; each finding is told, and kept, as soon as its check ended.

    A look that is not awaited to its end leaves what it found until then, unfinished.

    Args:
        admin: the Admin Center.
        actor: who asks.
        connection_id: of the connection.
        room: the address of a calendar to look at; None: one that is in use, or the first listed.
        invitation: whether to send that room a test meeting, and to remove it again.

    Raises:
        ForbiddenError: as `ask_doctor`.
        NotFoundError: there is no such connection.
    """
    _require(actor, invitation=invitation)
    async with admin.store.reading() as session:
        connection = await found(session, connection_id)
    probe = await _probe(admin, connection_id, room, invitation=invitation)
    told: asyncio.Queue[Finding | None] = asyncio.Queue()
    looking = asyncio.create_task(_look(admin, connection, probe, told))
    findings: list[Finding] = []
    try:
        await _begin(admin, connection_id)
        while (finding := await told.get()) is not None:
            if len(findings) == _FINDINGS_LIMIT:
                continue
            findings.append(finding)
            await _keep(admin, connection_id, findings)
            yield finding
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    await _end(admin, connection_id, findings)


def worst(findings: Sequence[Finding]) -> Verdict:
    """The verdict on all of them; without any, nothing is known to be good."""
    return max((one.verdict for one in findings), key=_WORST.index, default=Verdict.BAD)


async def _look(
    admin: Admin,
    connection: CalendarConnection,
    probe: Probe,
    told: asyncio.Queue[Finding | None],
) -> None:
    """The checks of the connector, then our own; whatever happens becomes a finding."""
    capabilities = Capabilities()
    try:
        async with asyncio.timeout(LOOK_LIMIT.total_seconds()):
            settings = settings_of(admin, connection)
            tokens = StoredTokens(admin, connection.id)
            surroundings = Surroundings(clock=admin.clock, tokens=tokens)
            connector = registry.connect(connection.service, settings, surroundings)
            try:
                capabilities = connector.capabilities
                if isinstance(connector, DiagnosingConnector):
                    checks = connector.diagnose(probe)
                else:
                    checks = look_generally(connector, probe)
                async for finding in checks:
                    told.put_nowait(finding)
            finally:
                await connector.aclose()
    except ConnectorError as error:
        told.put_nowait(failed("looks", error))
    except TimeoutError:
        late = Diagnosis("unavailable")
        told.put_nowait(Finding(check="looks", verdict=Verdict.BAD, diagnosis=late))
    except Exception as error:  # noqa: BLE001 - a check's surprise is a finding, too
        # Neither message nor traceback: they could quote the service's answer.
        _log.error("the calendar doctor failed unexpectedly: %s", type(error).__qualname__)
        surprise = Diagnosis("unexpected")
        told.put_nowait(Finding(check="looks", verdict=Verdict.BAD, diagnosis=surprise))
    else:
        if capabilities.push is not Push.NONE:
            told.put_nowait(await look_whether_told(admin, connection, capabilities.push))
    finally:
        told.put_nowait(None)


async def _probe(admin: Admin, connection_id: str, room: str | None, *, invitation: bool) -> Probe:
    """A week from this morning on, where the connection's rooms are."""
    query = (
        select(Room.timezone, Calendar.address)
        .join(Calendar, Room.calendar_id == Calendar.id)
        .where(Calendar.connection_id == connection_id)
        .order_by(Room.name, Room.id)
    )
    async with admin.store.reading() as session:
        used = {address: zone for zone, address in await session.execute(query)}
        anywhere = await session.scalar(select(Room.timezone).order_by(Room.name).limit(1))
    room = room or next(iter(used), None)
    zone = used.get(room or "") or anywhere or "UTC"
    today = admin.clock().astimezone(ZoneInfo(zone)).date()
    start, end = (
        datetime.combine(today + timedelta(days=days), time(), ZoneInfo(zone)).astimezone(UTC)
        for days in (0, 7)
    )
    return Probe(window=Window(start, end), zone=zone, room=room, invitation=invitation)


async def _begin(admin: Admin, connection_id: str) -> None:
    async with admin.store.transaction() as session:
        row = await session.get(DoctorReport, connection_id)
        if row is None:
            row = DoctorReport(connection_id=connection_id)
            session.add(row)
        row.findings, row.finished_at = [], None
        row.started_at = admin.clock()
        row.invitation = False  # a look that is interrupted and begun anew sends no second one
        news_after_commit(session, PAGES)


async def _keep(admin: Admin, connection_id: str, findings: list[Finding]) -> None:
    async with admin.store.transaction() as session:
        row = await session.get(DoctorReport, connection_id)
        if row is not None:
            row.findings = [_kept(one) for one in findings]
            news_after_commit(session, PAGES)


async def _end(admin: Admin, connection_id: str, findings: Sequence[Finding]) -> None:
    """Note the verdict and when to look again; what could not be read is read once all is well."""
    now, verdict = admin.clock(), worst(findings)
    async with admin.store.transaction() as session:
        row = await session.get(DoctorReport, connection_id)
        if row is None:
            return  # disconnected meanwhile
        was_bad = row.verdict == Verdict.BAD
        row.verdict, row.finished_at = verdict.value, now
        harmless = all(one.harmless for one in findings)
        row.due_at = next_look(verdict, row.rounds, now) if harmless else None
        row.rounds += 1
        news_after_commit(session, PAGES, DUE)
        if not was_bad or verdict is Verdict.BAD:
            return
        connection = await found(session, connection_id)
        await proved_well(admin, session, connection)
        record(
            admin, session, SYSTEM, "service.well", subject_id=connection_id, name=connection.name
        )


def _require(actor: Actor, *, invitation: bool) -> None:
    require(actor, Permission.CONNECT if invitation else Permission.ROOMS)


def _kept(finding: Finding) -> dict[str, Any]:
    found_wrong = finding.diagnosis
    return {
        "check": finding.check,
        "verdict": finding.verdict.value,
        "reason": found_wrong.reason if found_wrong else None,
        "params": dict(found_wrong.params) if found_wrong else {},
        "facts": dict(finding.facts),
        "detail": finding.detail[:_DETAIL_LIMIT],
    }


def _finding(kept: Mapping[str, Any]) -> Finding:
    reason = kept["reason"]
    return Finding(
        check=kept["check"],
        verdict=Verdict(kept["verdict"]),
        diagnosis=Diagnosis(reason, kept["params"]) if reason else None,
        facts=kept["facts"],
        detail=kept["detail"],
    )
