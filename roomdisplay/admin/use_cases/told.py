"""How each calendar of a service is told of: by the service, or by reading it again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.hooks import Purpose
from roomdisplay.admin.origins import hook_origin, service_on_loopback
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store.tables import Calendar, CalendarHook
from roomdisplay.admin.use_cases.connecting import found


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarTold:
    """One calendar that is shown."""

    calendar_id: str
    name: str
    told_by: str | None
    """ "hooks": the service posts; "stream": we listen; None: it is read by time."""
    read_every_s: int | None
    """How often it is read by time in any case."""
    reason: str | None
    """The key of why the service does not post; None: nothing is wrong, as far as is known."""
    detail: str | None
    next_at: datetime | None
    """When the service is asked again, to renew or to begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldView:
    """How a connection's calendars are told of."""

    push: str
    """What the service can do: a value of `roomdisplay.connectors.base.Push`."""
    origin: str | None
    """Where it is asked to post to; None: it could reach none of our addresses."""
    calendars: tuple[CalendarTold, ...]

    @property
    def told(self) -> int:
        """How many are told of by the service."""
        return sum(1 for one in self.calendars if one.told_by is not None)


async def how_told(admin: Admin, actor: Actor, connection_id: str) -> ToldView:
    """How the calendars of a connection that are shown are told of, by name.

    Raises:
        NotFoundError: there is no such connection.
    """
    require(actor, Permission.VIEW)
    of_watch = CalendarHook.purpose == Purpose.WATCH.value
    query = (
        select(Calendar, CalendarHook)
        .outerjoin(CalendarHook, (CalendarHook.calendar_id == Calendar.id) & of_watch)
        .where(Calendar.connection_id == connection_id, Calendar.next_due_at.is_not(None))
        .order_by(Calendar.name, Calendar.id)
    )
    async with admin.store.reading() as session:
        connection = await found(session, connection_id)
        rows = [_told(calendar, hook) for calendar, hook in await session.execute(query)]
    on_loopback = service_on_loopback(connection.values)
    return ToldView(
        push=connection.push,
        origin=hook_origin(admin.settings, on_loopback=on_loopback),
        calendars=tuple(rows),
    )


def _told(calendar: Calendar, hook: CalendarHook | None) -> CalendarTold:
    return CalendarTold(
        calendar_id=calendar.id,
        name=calendar.name,
        told_by=calendar.told_by,
        read_every_s=calendar.read_every_s,
        reason=hook.reason if hook else None,
        detail=hook.detail if hook else None,
        next_at=hook.due_at if hook else None,
    )
