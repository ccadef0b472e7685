"""What Cronofy answers, as far as it is used; everything that may be missing has a default."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from roomdisplay.connectors.base import MalformedAnswerError
from roomdisplay.connectors.cronofy.reasons import diagnosis
from roomdisplay.connectors.http import Answer

_Message = TypeVar("_Message")


class TokenAnswer(msgspec.Struct, frozen=True):
    """POST /oauth/token."""

    access_token: str
    refresh_token: str = ""
    expires_in: float = 300
    """Seconds; it varies."""
    scope: str = ""
    sub: str = ""

    def __post_init__(self) -> None:
        if not self.access_token:
            raise ValueError("an empty access token")

    def __repr__(self) -> str:
        return f"TokenAnswer(sub={self.sub!r})"


class OAuthError(msgspec.Struct, frozen=True):
    """A refusal of the token endpoint (RFC 6749, section 5.2)."""

    error: str = ""


class ProfileCalendar(msgspec.Struct, frozen=True):
    """One calendar of a room, in `userinfo` or in `calendars`."""

    calendar_id: str
    calendar_readonly: bool = False
    calendar_deleted: bool = False
    calendar_primary: bool = False
    permission_level: str = ""
    """sandbox or unrestricted."""


class Profile(msgspec.Struct, frozen=True):
    """The mailbox behind an account."""

    provider_name: str = ""
    profile_connected: bool = True
    profile_initial_sync_required: bool = False
    profile_calendars: tuple[ProfileCalendar, ...] = ()


class Authorization(msgspec.Struct, frozen=True):
    """What was allowed."""

    scope: str = ""
    status: str = ""
    delegated_scope: str = ""


class ServiceAccount(msgspec.Struct, frozen=True):
    """The service account behind a token."""

    provider_name: str = ""
    domain: str = ""


class UserData(msgspec.Struct, frozen=True):
    """Cronofy's own part of `userinfo`."""

    authorization: Authorization = Authorization()
    service_account: ServiceAccount | None = None
    profiles: tuple[Profile, ...] = ()


class UserInfo(msgspec.Struct, frozen=True):
    """GET /v1/userinfo."""

    sub: str
    kind: str = msgspec.field(default="", name="cronofy.type")
    """service_account or account."""
    data: UserData = msgspec.field(default=UserData(), name="cronofy.data")
    email: str | None = None


class Calendars(msgspec.Struct, frozen=True):
    """GET /v1/calendars."""

    calendars: tuple[ProfileCalendar, ...]


class Location(msgspec.Struct, frozen=True):
    """Where a room is."""

    building_name: str | None = None


class Resource(msgspec.Struct, frozen=True):
    """A room of the organisation."""

    email: str
    name: str | None = None
    capacity: int | None = None
    location: Location | None = None


class Resources(msgspec.Struct, frozen=True):
    """GET /v1/resources."""

    resources: tuple[Resource, ...]


class Channel(msgspec.Struct, frozen=True):
    """A push channel."""

    channel_id: str
    callback_url: str = ""


class ChannelAnswer(msgspec.Struct, frozen=True):
    """POST /v1/channels."""

    channel: Channel


class Channels(msgspec.Struct, frozen=True):
    """GET /v1/channels."""

    channels: tuple[Channel, ...]


class PermissionsRequest(msgspec.Struct, frozen=True):
    """Where a person would have to agree."""

    url: str = ""


class PermissionsAnswer(msgspec.Struct, frozen=True):
    """POST /v1/permissions, where it is not granted at once."""

    permissions_request: PermissionsRequest | None = None


class Pages(msgspec.Struct, frozen=True):
    """Where in a long answer one is."""

    current: int
    total: int
    next_page: str | None = None


class EventPage(msgspec.Struct, frozen=True):
    """GET /v1/events; events are read one by one, so that an odd one does not spoil the others."""

    pages: Pages
    events: tuple[msgspec.Raw, ...]


class EventTime(msgspec.Struct, frozen=True):
    """A time with its zone: what `localized_times` asks for."""

    time: str
    tzid: str | None = None


class Person(msgspec.Struct, frozen=True):
    """An organiser."""

    email: str | None = None
    display_name: str | None = None


class Place(msgspec.Struct, frozen=True):
    """Where a meeting is, in words."""

    description: str | None = None


class Conferencing(msgspec.Struct, frozen=True):
    """A conference."""

    join_url: str | None = None


class Options(msgspec.Struct, frozen=True):
    """What may be done to an event."""

    delete: bool | None = None
    update: bool | None = None
    change_participation_status: bool | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One occurrence."""

    event_uid: str
    event_id: str | None = None
    """Of events that this application made."""
    start: EventTime | str | None = None
    end: EventTime | str | None = None
    summary: str | None = None
    description: str | None = None
    deleted: bool | None = None
    created: str | None = None
    updated: str | None = None
    location: Place | None = None
    participation_status: str | None = None
    organizer: Person | None = None
    transparency: str | None = None
    status: str | None = None
    recurring: bool | None = None
    event_private: bool | None = None
    options: Options | None = None
    meeting_url: str | None = None
    conferencing: Conferencing | None = None


class BareEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The least of an event that takes a room; for those that cannot be read as `Event`."""

    event_uid: str
    start: EventTime | str
    end: EventTime | str | None = None


def read(answer: Answer, kind: type[_Message], what: str) -> _Message:
    """Read an answer's JSON.

    Raises:
        MalformedAnswerError: it is none, or not of this kind; its words quote nothing of it.
    """
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        page = answer.body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html"))
        told = "a web page" if page else "something that cannot be read"
        raise MalformedAnswerError(
            f"Cronofy answered with {told} in place of {what}",
            diagnosis=diagnosis("malformed", what=what),
        ) from None
