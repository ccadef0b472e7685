"""What an ordinary user does once the rooms are connected, and what the room's page then shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from playwright.async_api import Locator, expect
from simulators.building import SERVICE_ACCOUNT
from simulators.organisation import Draft, Mailbox, Organisation, Recurrence

from roomdisplay.demo.clock import ZONE, DemoClock
from walks.house import AT
from walks.walk import Walk

PUSHED_MS = 15_000
"""A service that only answers when it is asked is asked at most once a minute."""
PAUSE = timedelta(seconds=15)
ORGANISER = "visits@building.example"


def at(clock: str) -> datetime:
    """A time of the day of the walk, as "13:00"."""
    hours, minutes = map(int, clock.split(":"))
    return datetime.fromisoformat(AT).replace(hour=hours, minute=minutes, tzinfo=ZONE)


@dataclass(slots=True)
class Organiser:
    """Somebody who invites a room, and looks at its page."""

    walk: Walk
    room: Mailbox

    @classmethod
    def of(cls, walk: Walk, name: str) -> Organiser:
        """Somebody new in the company; the room, from its room list, declines conflicts."""
        company = walk.standing.organisation
        company.add_person(ORGANISER, "Ada Lovelace")
        listed = next(iter(company.room_lists.values())).rooms
        room = next(company.mailbox(one) for one in listed if company.mailbox(one).name == name)
        room.processing = replace(room.processing, allow_conflicts=False)
        return cls(walk, room)

    @property
    def company(self) -> Organisation:
        """Whose calendars they are."""
        return self.walk.standing.organisation

    @property
    def glass(self) -> Locator:
        """The page's live picture of the glass."""
        return self.walk.page.locator(".glass")

    def invite(self, title: str, start: str, end: str, *, daily: bool = False) -> str:
        """Choose the room as the location of a meeting and send the invitation; the UID."""
        draft = Draft(
            subject=title,
            start=at(start),
            end=at(end),
            zone=ZONE.key,
            rooms=(self.room.address,),
            location=self.room.name,
            attendees=(SERVICE_ACCOUNT,),
            recurrence=Recurrence("FREQ=DAILY;COUNT=5") if daily else None,
        )
        return self.company.invite(ORGANISER, draft)

    def answer(self, uid: str) -> str:
        """What the room answered."""
        return self.company.answer_of(uid, self.room.address)

    async def sees(self, title: str, time: str) -> None:
        """The glass names the meeting beside its time."""
        line = self.glass.locator("li", has_text=title)
        await expect(line).to_contain_text(time, timeout=PUSHED_MS)

    async def sees_no_more(self, title: str) -> None:
        """The glass does not name the meeting."""
        await expect(self.glass).not_to_contain_text(title, timeout=PUSHED_MS)

    def later(self) -> None:
        """Let a while pass: a calendar that changes again and again is not read at each change."""
        clock = self.walk.admin.clock
        assert isinstance(clock, DemoClock)
        clock.jump(clock() + PAUSE)

    def cancel_what_is_on(self) -> None:
        """Today's meeting that is on is cancelled by whoever invited to it; the series goes on."""
        now = self.company.clock()
        (on,) = self.room.view(now, now + timedelta(seconds=1))
        self.company.cancel(on.item.uid, occurrence=on.start)

    async def day_of_changes(self) -> None:
        """Invite, move, be declined on a conflict, cancel one of a series; each seen at once."""
        visit = self.invite("Visit of the town hall", "12:30", "13:30")
        assert self.answer(visit) == "accepted"
        await self.sees("Visit of the town hall", "12:30")
        self.later()
        self.company.move(visit, at("13:00"), at("14:00"))
        assert self.answer(visit) == "accepted"
        await self.sees("Visit of the town hall", "13:00")

        self.later()
        clash = self.invite("Double booking", "13:30", "14:15")
        assert self.answer(clash) == "declined"
        series = self.invite("Sketching hour", "12:00", "12:45", daily=True)
        await self.sees("Sketching hour", "12:00")
        await expect(self.glass).not_to_contain_text("Double booking")

        self.later()
        self.company.cancel(series, occurrence=at("12:00"))
        await self.sees_no_more("Sketching hour")
        await self.sees("Visit of the town hall", "13:00")
        assert self.room.view(at("12:00") + timedelta(days=1), at("12:45") + timedelta(days=1))
