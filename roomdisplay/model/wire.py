"""The messages of the device protocol, shared by both sides.

Unknown fields are ignored on both sides, so that either may be one minor version ahead. Instants
are RFC 3339 in UTC; durations are seconds. What is read here is only *shaped*; `roomdisplay.model`
values built from it (`schedule_from_message`) are what is *valid*.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

FRESHNESS_HEADER = "RoomDisplay-Freshness"
"""Carries a `FreshnessMessage` as JSON on every 200 and 304, beside the data."""
SCHEDULE_LIMIT = 1_000_000
"""Bytes of a schedule that a display accepts."""
MEETINGS_LIMIT = 2_000
BODY_LIMIT = 65_536
"""Bytes of a request body, or of any answer that is not a schedule."""
ACTIVATION_GRANT = "urn:roomdisplay:activation-code"
DEVICE_CODE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
CLIENT_ID = "roomdisplay"

NO_ROOM_ETAG = "no-room"
"""What the stream says in place of an ETag to a display that stands at no room."""

Text = Annotated[str, Meta(max_length=300)]
Identifier = Annotated[str, Meta(min_length=1, max_length=128)]
Instant = Annotated[datetime, Meta(tz=True)]
Seconds = Annotated[float, Meta(ge=0)]


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all messages: immutable, unknown fields ignored."""


class FreshnessMessage(Message, frozen=True, kw_only=True):
    """How old the server's picture is, told beside the data."""

    now: Instant
    """The server's time when it answered."""
    source_age_s: Seconds
    source_state: Literal["ok", "late", "failing"] = "ok"
    reason: Identifier | None = None
    fresh_for_s: Seconds
    trust_for_s: Seconds
    etag: Identifier | None = None
    """Of the picture that this is said of; None: of an older server, which does not say."""


class RoomMessage(Message, frozen=True, kw_only=True):
    """The room as people know it."""

    name: Text
    timezone: Identifier
    building: Text | None = None
    floor: Text | None = None
    capacity: int | None = None
    equipment: Annotated[list[Text], Meta(max_length=50)] = []
    out_of_service: Text | None = None


class DeviceMessage(Message, frozen=True, kw_only=True):
    """The display's own profile."""

    place: Literal["door", "inside"]
    touch: bool = True
    diagonal_inches: float | None = None
    mounting_height_mm: int | None = None
    conference_display: bool = False
    joins_elsewhere: bool = False


class SourceMessage(Message, frozen=True, kw_only=True):
    """The calendar a room's meetings come from."""

    service: Identifier
    kind: Literal["live", "feed"] = "live"


class RulesMessage(Message, frozen=True, kw_only=True):
    """The thresholds of the room states, in seconds."""

    starting_soon_s: Seconds = 600
    ending_s: Seconds = 300
    red_grace_s: Seconds = 1800
    join_before_s: Seconds = 600
    next_join_before_end_s: Seconds = 600


class SettingsMessage(Message, frozen=True, kw_only=True):
    """How the display is to show things."""

    language: Identifier = "en"
    clock_format: Literal["auto", "24", "12"] = "auto"
    theme: Literal["auto", "light", "dark", "high_contrast"] = "auto"
    opens: time = time(8)
    closes: time = time(20)
    brightness: Annotated[int, Meta(ge=0, le=100)] = 100
    rules: RulesMessage = RulesMessage()


class CheckInMessage(Message, frozen=True, kw_only=True):
    """When check-in is asked for."""

    opens_at: Instant
    closes_at: Instant
    done_at: Instant | None = None


class ReleaseMessage(Message, frozen=True, kw_only=True):
    """A room given up by the server."""

    at: Instant
    undo_until: Instant


class JoinMessage(Message, frozen=True, kw_only=True):
    """That a conference can be joined; never its address."""

    service: Identifier
    has_dial_in: bool = False


class MeetingMessage(Message, frozen=True, kw_only=True):
    """One meeting, expanded and masked for this display."""

    id: Identifier
    start: Instant
    end: Instant
    title: Text | None = None
    organizer: Text | None = None
    all_day: bool = False
    private: bool = False
    check_in: CheckInMessage | None = None
    released: ReleaseMessage | None = None
    join: JoinMessage | None = None
    permits: list[Literal["extend", "end", "check_in"]] = []


class ScheduleMessage(Message, frozen=True, kw_only=True):
    """`GET /device/v1/schedule`: all a display shows; the ETag is over this and nothing else."""

    room: RoomMessage
    device: DeviceMessage
    source: SourceMessage | None = None
    settings: SettingsMessage = SettingsMessage()
    window_start: Instant
    window_end: Instant
    meetings: Annotated[list[MeetingMessage], Meta(max_length=MEETINGS_LIMIT)] = []


class JoinTicketMessage(Message, frozen=True, kw_only=True):
    """One conference's address: a credential, kept in memory only."""

    meeting_id: Identifier
    service: Identifier
    url: Annotated[str, Meta(max_length=4096)]
    dial_in: Text | None = None
    opens_at: Instant
    closes_at: Instant


class JoinTicketsMessage(Message, frozen=True, kw_only=True):
    """`GET /device/v1/join`: to the room's conference display, from 15 min before a start."""

    tickets: Annotated[list[JoinTicketMessage], Meta(max_length=20)] = []


class ScheduleNews(Message, frozen=True, kw_only=True):
    """Stream event `schedule`: the ETag that a fetch would now get."""

    etag: Identifier


class CommandMessage(Message, frozen=True, kw_only=True):
    """Stream event `command`: repeated on each connection until acknowledged."""

    id: Identifier
    kind: Literal["identify", "restart", "join"]
    meeting_id: Identifier | None = None
    expires_at: Instant | None = None


class CommandResult(Message, frozen=True, kw_only=True):
    """`POST /device/v1/commands/{id}/result`."""

    ok: bool
    detail: Text | None = None


class ActionRequest(Message, frozen=True, kw_only=True):
    """`POST /device/v1/meetings/{id}/check-in`, `/join`: with an `Idempotency-Key` header."""

    ago_s: Seconds = 0
    """How long ago the tap was, on the boot-time clock."""


class HealthReport(Message, frozen=True, kw_only=True):
    """`POST /device/v1/health`: every 60 s and at once on change."""

    version: Identifier
    state_shown: Identifier | None = None
    schedule_etag: Identifier | None = None
    cache_age_s: Seconds | None = None
    clock_trusted: bool = False
    uptime_s: Seconds | None = None
    keyring: Text | None = None


class DeviceAuthorization(Message, frozen=True, kw_only=True):
    """Answer of `POST /oauth/device_authorization` (RFC 8628 section 3.2)."""

    device_code: Annotated[str, Meta(min_length=16, max_length=256)]
    user_code: Annotated[str, Meta(min_length=8, max_length=16)]
    verification_uri: Annotated[str, Meta(max_length=512)]
    verification_uri_complete: Annotated[str, Meta(max_length=512)] | None = None
    expires_in: Annotated[int, Meta(gt=0, le=86_400)]
    interval: Annotated[int, Meta(ge=1, le=300)] = 5


class TokenAnswer(Message, frozen=True, kw_only=True):
    """Answer of `POST /oauth/token` (RFC 6749 section 5.1, RFC 9449 section 5)."""

    access_token: Annotated[str, Meta(min_length=16, max_length=512)]
    token_type: str
    device_id: Identifier
    room: Text | None = None


class OAuthError(Message, frozen=True, kw_only=True):
    """An error under `/oauth` (RFC 6749 section 5.2, RFC 8628 section 3.5)."""

    error: Identifier
    error_description: Text | None = None


class Problem(Message, frozen=True, kw_only=True):
    """An error elsewhere (RFC 9457)."""

    type: str
    title: str
    status: int = 0
    detail: str | None = None
    todo: str | None = None


def encode(message: Message) -> bytes:
    """The JSON of a message, fields in their declared order, equal for equal values."""
    return msgspec.json.encode(message)
