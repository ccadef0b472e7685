"""What Microsoft Graph says, as far as it matters here; every field may be missing or null."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct


class _Camel(Struct, frozen=True, rename="camel"):
    """Field names as Graph writes them."""


class EmailAddress(_Camel, frozen=True):
    """A person, a room or a list."""

    name: str | None = None
    address: str | None = None


class Recipient(_Camel, frozen=True):
    """Wraps an address."""

    email_address: EmailAddress | None = None


class ResponseStatus(_Camel, frozen=True):
    """How somebody answered an invitation."""

    response: str | None = None


class Attendee(_Camel, frozen=True):
    """Somebody or something invited."""

    type: str | None = None
    status: ResponseStatus | None = None
    email_address: EmailAddress | None = None


class Moment(_Camel, frozen=True):
    """A local time, and the zone it is meant in."""

    date_time: str | None = None
    time_zone: str | None = None


class Location(_Camel, frozen=True):
    """Where a meeting takes place."""

    display_name: str | None = None
    location_uri: str | None = None


class Body(_Camel, frozen=True):
    """The text of an invitation."""

    content_type: str | None = None
    content: str | None = None


class OnlineMeeting(_Camel, frozen=True):
    """The structured data of a conference."""

    join_url: str | None = None


class Event(_Camel, frozen=True, kw_only=True):
    """An event of a calendar view: a single meeting, or an occurrence of a series."""

    id: str
    etag: str | None = msgspec.field(default=None, name="@odata.etag")
    ical_uid: str | None = msgspec.field(default=None, name="iCalUId")
    type: str | None = None
    subject: str | None = None
    organizer: Recipient | None = None
    attendees: list[Attendee] | None = None
    start: Moment | None = None
    end: Moment | None = None
    original_start: str | None = None
    is_all_day: bool | None = None
    is_cancelled: bool | None = None
    is_organizer: bool | None = None
    show_as: str | None = None
    sensitivity: str | None = None
    location: Location | None = None
    locations: list[Location] | None = None
    online_meeting: OnlineMeeting | None = None
    online_meeting_url: str | None = None
    body: Body | None = None
    response_status: ResponseStatus | None = None
    transaction_id: str | None = None
    created_date_time: str | None = None


class Page(Struct, frozen=True):
    """One page of a list; without `value` it is none."""

    value: list[msgspec.Raw]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")
    delta_link: str | None = msgspec.field(default=None, name="@odata.deltaLink")


class Room(_Camel, frozen=True):
    """A room, or a room list, as the places tell it."""

    email_address: str | None = None
    display_name: str | None = None
    nickname: str | None = None
    building: str | None = None
    capacity: int | str | float | None = None
    """A number as a rule; Microsoft's own samples have it as text, too."""


class Refusal(Struct, frozen=True):
    """Why something was refused."""

    code: str = ""
    message: str = ""


class Refused(Struct, frozen=True):
    """The body of a refusal."""

    error: Refusal


class Subscription(_Camel, frozen=True):
    """What Graph agreed to tell."""

    id: str
    resource: str | None = None
    notification_url: str | None = None
    expiration_date_time: datetime | None = None


class Notice(_Camel, frozen=True):
    """One entry of what Graph posts to a hook."""

    client_state: str | None = None
    lifecycle_event: str | None = None
    change_type: str | None = None


class Notices(Struct, frozen=True):
    """What Graph posts to a hook."""

    value: list[Notice]


class BatchReply(Struct, frozen=True):
    """The answer to one request of a batch."""

    id: str
    status: int
    headers: dict[str, str] | None = None
    body: msgspec.Raw = msgspec.Raw(b"")
    """As it came."""


class BatchReplies(Struct, frozen=True):
    """The answers to a batch, in any order."""

    responses: list[BatchReply]
