"""The hobbyist's one page: paste an address, see the next meetings, Apply.

Only where the Admin Center belongs to a single screen. Whoever holds the screen's one-time link
needs no sign-in; the link is not used up by it, but ends as every invitation does.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from roomdisplay.admin.errors import AdminError, InvalidInputError, ServiceError
from roomdisplay.admin.news import PAGES
from roomdisplay.admin.security.roles import SYSTEM, Actor, Role
from roomdisplay.admin.security.sealing import UnsealError
from roomdisplay.admin.use_cases.one_screen import FoundCalendar, PastedCalendar, look, use
from roomdisplay.admin.use_cases.people import look_at_invitation
from roomdisplay.admin.use_cases.rooms import get_room, list_rooms
from roomdisplay.admin.web.errors import field_words, words_for
from roomdisplay.admin.web.glass import Line, shown_for, title_of
from roomdisplay.admin.web.live import news_stream
from roomdisplay.admin.web.pages.account import PUBLIC
from roomdisplay.admin.web.visit import CurrentVisit, Visit
from roomdisplay.admin.web.zones import local_zone
from roomdisplay.model.room import Place


@get(["/setup", "/setup/{link:str}"], opt=PUBLIC)
async def setup_page(visit: CurrentVisit, link: FromPath[str] = "") -> Response[str]:
    """The page, empty."""
    await _who(visit, link)
    return await _page(visit, link)


@post(["/setup", "/setup/{link:str}"], opt=PUBLIC)
async def do_setup(visit: CurrentVisit, link: FromPath[str] = "") -> Response[str]:
    """Look at the pasted calendar, or apply the one that was looked at."""
    actor = await _who(visit, link)
    form = visit.form
    kept = form.text("kept", 4000)
    try:
        if kept:
            room_id = await use(
                visit.admin,
                actor,
                _unpack(visit, kept),
                room_name=form.text("name"),
                zone=local_zone(),
            )
            return visit.go(f"{_path(link)}/done", room=room_id)
        pasted = PastedCalendar(
            address=form.text("address", 2048),
            username=form.text("username"),
            password=form.raw("password"),
        )
        found = await look(visit.admin, actor, pasted, local_zone())
    except (InvalidInputError, ServiceError) as error:
        return await _page(visit, link, error)
    rooms = await list_rooms(visit.admin, actor)
    return await visit.page(
        "setup_found.html",
        link=link,
        found=found,
        lines=_lines(visit, found),
        room_name="" if rooms else found.name,
        has_room=bool(rooms),
        kept=_pack(visit, pasted),
    )


@get(["/setup/done", "/setup/{link:str}/done"], opt=PUBLIC)
async def done_page(
    visit: CurrentVisit, link: FromPath[str] = "", room: FromQuery[str] = ""
) -> Response[str]:
    """What the screen shows now, or that its calendar is still being read; live."""
    actor = await _who(visit, link)
    found = await get_room(visit.admin, actor, room)
    calendar = found.calendar
    reading = calendar is not None and calendar.read_at is None
    return await visit.page(
        "setup_done.html",
        link=link,
        live=f"room:{room}",
        stream=f"{_path(link)}/live",
        refresh_s=2 if reading else 30,
        reason=visit.t.reason(calendar.reason) if calendar and calendar.reason else "",
        detail=(calendar.detail or "") if calendar else "",
        reading=reading,
        shown=await shown_for(visit, actor, room, Place.INSIDE),
        signed_in=visit.signed_in is not None,
    )


@get(["/setup/live", "/setup/{link:str}/live"], opt=PUBLIC)
async def setup_live(visit: CurrentVisit, link: FromPath[str] = "") -> Stream:
    """News of the house for the page above, whose reader may have no sign-in yet."""
    await _who(visit, link)
    return news_stream(visit.admin, {PAGES})


def _path(link: str) -> str:
    return f"/setup/{link}" if link else "/setup"


async def _who(visit: Visit, link: str) -> Actor:
    """Who sets the screen up: whoever holds its link, else somebody signed in."""
    if not visit.admin.settings.standalone:
        raise NotFoundException
    if link:
        invitation = await look_at_invitation(visit.admin, link)
        if invitation.role is not Role.OWNER:
            raise NotFoundException
        return SYSTEM
    return visit.actor


async def _page(visit: Visit, link: str, error: AdminError | None = None) -> Response[str]:
    return await visit.page(
        "setup.html",
        status=error.status if error else 200,
        link=link,
        address=visit.form.text("address", 2048),
        username=visit.form.text("username"),
        wrong=words_for(visit.t, error) if isinstance(error, ServiceError) else "",
        asks=error is not None and error.key == "credentials_rejected",
        errors=field_words(visit.t, error) if isinstance(error, InvalidInputError) else {},
    )


def _lines(visit: Visit, found: FoundCalendar) -> list[Line]:
    zone = ZoneInfo(local_zone())
    return [
        Line(
            visit.t.moment(one.start, zone),
            title_of(visit.t, private=one.private, title=one.title, organizer=one.organizer),
        )
        for one in found.meetings
    ]


def _pack(visit: Visit, pasted: PastedCalendar) -> str:
    """What was pasted, sealed for this browser: a password is never sent back as it is."""
    plain = msgspec.json.encode(asdict(pasted))
    return urlsafe_b64encode(visit.admin.sealer.seal(plain, f"setup:{visit.secret}")).decode()


def _unpack(visit: Visit, kept: str) -> PastedCalendar:
    try:
        sealed = urlsafe_b64decode(kept.encode())
        plain = visit.admin.sealer.unseal(sealed, f"setup:{visit.secret}")
        return PastedCalendar(**msgspec.json.decode(plain, type=dict[str, str]))
    except (UnsealError, ValueError, TypeError) as error:
        raise InvalidInputError({"address": "address_needed"}) from error
