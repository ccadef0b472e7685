"""The contract between the Admin Center and a calendar service.

Words used throughout:
    ADDRESS: how a service names one calendar (a URL, a mailbox address); unique in a connection.
    OCCURRENCE: one meeting at one time, recurrences already expanded.
    PICTURE: all occurrences of one calendar that touch a window.
    CURSOR: what the service gave us to ask for changes only; opaque outside of its connector.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from roomdisplay.model.meeting import require_utc
from roomdisplay.model.room import SourceKind


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time, UTC.

    Raises:
        ValueError: it is empty, or a bound is not UTC.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        require_utc(self.start, self.end)
        if self.end <= self.start:
            raise ValueError("an empty window")

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether [start, end) shares an instant with the window; zero-length counts as one."""
        return start < self.end and (end > self.start or (start == end and start >= self.start))


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One meeting as the calendar service tells it, unmasked; never leaves the Admin Center.

    Raises:
        ValueError: a time is not UTC or the end lies before the start.
    """

    source_id: str
    """Stable for this occurrence over edits: for iCalendar the UID and the original start."""
    start: datetime
    end: datetime
    title: str | None = None
    organizer: str | None = None
    """A name for people; an address only where there is no name."""
    all_day: bool = False
    private: bool = False
    structured_links: tuple[str, ...] = ()
    """Conference addresses from fields made for them, most trusted first."""
    location: str | None = None
    body_text: str | None = None
    body_html: str | None = None

    def __post_init__(self) -> None:
        require_utc(self.start, self.end)
        if self.end < self.start:
            raise ValueError(f"occurrence {self.source_id!r} ends before it starts")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An occurrence that a display would not show, and why; for explanations only."""

    source_id: str
    title: str | None
    start: datetime | None
    end: datetime | None
    all_day: bool
    reason: str
    """A key: cancelled, declined, free_time, malformed, too_many, replaced, …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The answer to a read: the whole window, or nothing changed."""

    occurrences: tuple[Occurrence, ...]
    cursor: str | None = None
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    """Sentences for the administrator, such as an unknown time zone that was guessed."""
    unreadable: int = 0
    """Events, or objects that may hold some, whose times nobody can tell: the room may be shown as
    free while it is taken."""
    check_every: timedelta | None = None
    """A feed's own hint; overrides the connector's interval within its bounds."""
    display_name: str | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The service vouches that the last picture of this window still holds."""

    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarInfo:
    """A calendar that can be given to a room."""

    address: str
    name: str
    group: str | None = None
    """The room list or the building."""
    capacity: int | None = None


class Push(StrEnum):
    """How a service tells that a calendar may have changed; the contracts are in `push`."""

    NONE = "none"
    HOOKS = "hooks"
    """It posts to an address of ours, which it must be able to reach."""
    STREAM = "stream"
    """It tells over a connection that we hold open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a connection can do beyond reading."""

    write: bool = False
    """The connector is a `roomdisplay.connectors.booking.WritingConnector`."""
    push: Push = Push.NONE
    list_calendars: bool = True
    cheap_check: bool = False
    """Asking whether a calendar changed costs the service next to nothing, as with a sync token."""
    at_once: int = 4
    """Readings at the same time that the service, or the connector's own pool, bears."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What exactly is wrong, for pages to put into words and to name the repair."""

    reason: str
    """A key of the catalogue's section `diagnosis`, such as "office365_secret_expired"."""
    params: Mapping[str, str] = field(default_factory=dict)
    """For the words and the repair: addresses, names, codes; no secrets, no meeting texts."""


class ConnectorError(Exception):
    """A calendar service did not do what it should; the subclass says what to do next.

    `detail` is for the administrator: plain words, no secrets, no meeting texts. `diagnosis` says
    the same as a key, where the connector knows exactly.
    """

    def __init__(self, detail: str, *, diagnosis: Diagnosis | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.diagnosis = diagnosis


class CredentialsRejectedError(ConnectorError):
    """Stop asking and have the administrator sign in again."""


class PermissionMissingError(ConnectorError):
    """Signed in, but not allowed to do this."""


class AuthorizationNeededError(PermissionMissingError):
    """Ask for this calendar's own authorisation first; see `push.AuthorizingConnector`."""


class CalendarGoneError(ConnectorError):
    """The calendar is no longer there."""


class ThrottledError(ConnectorError):
    """Ask again after `retry_after`.

    `whole_service`: all calendars of the connection are to wait; else, where the service counts
    each mailbox apart, the one that was asked for.
    """

    def __init__(
        self,
        detail: str,
        retry_after: timedelta,
        *,
        whole_service: bool = True,
        diagnosis: Diagnosis | None = None,
    ) -> None:
        super().__init__(detail, diagnosis=diagnosis)
        self.retry_after = retry_after
        self.whole_service = whole_service


class UnavailableError(ConnectorError):
    """Not reachable or not answering now; try again with back-off."""


class CursorExpiredError(ConnectorError):
    """Read again without a cursor."""


class ConflictError(ConnectorError):
    """Somebody else was faster; `by` is what stands in the way, where the service tells."""

    def __init__(
        self, detail: str, *, by: Occurrence | None = None, diagnosis: Diagnosis | None = None
    ) -> None:
        super().__init__(detail, diagnosis=diagnosis)
        self.by = by


class MalformedAnswerError(ConnectorError):
    """The service answered with something that cannot be believed."""


@runtime_checkable
class Connector(Protocol):
    """One connection to one calendar service.

    Made by `roomdisplay.connectors.registry`; used within one asyncio loop; closed by `aclose`.
    """

    kind: SourceKind
    check_every: timedelta
    """How often a calendar is to be read."""
    capabilities: Capabilities

    async def check(self) -> None:
        """Prove live that the connection works; raises a `ConnectorError` that says why not."""

    async def list_calendars(self) -> Sequence[CalendarInfo]:
        """The calendars that can be given to rooms, by name."""

    async def read(
        self, address: str, window: Window, cursor: str | None = None, *, zone: str = "UTC"
    ) -> Picture | Unchanged:
        """Read all occurrences that touch `window`.

        Args:
            address: the calendar's address, from `list_calendars` or typed.
            window: what to read; the same `cursor` is valid for the same window only.
            cursor: of the last picture of this window; None reads in full.
            zone: the room's IANA zone, for floating and all-day times.

        Raises:
            ConnectorError: one of its subclasses; the last picture stays as it is.
        """

    async def aclose(self) -> None:
        """Close connections; the connector is not used afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the form that connects a service."""

    key: str
    secret: bool = False
    required: bool = True
    kind: str = "text"
    """An HTML input type (text, url, email, password, checkbox), or textarea, or select."""
    options: tuple[str, ...] = ()
    """Of a select, the first one being the default."""
    advanced: bool = False
    """Few need it: shown folded away."""
    leads: bool = False
    """Decides to whom secrets are sent, as every field of kind url does: when it changes, they are
    to be entered again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """What the administrator entered: open values and secrets kept apart."""

    values: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


class TokenStore(Protocol):
    """Where a connection keeps the tokens that its service issues; sealed, of this connection only.

    A token is written before it is used for the first time, so that a process that ends in between
    loses nothing.
    """

    async def read(self, subject: str) -> bytes | None:
        """What was kept last for `subject`, such as "service" or a mailbox address."""

    async def write(self, subject: str, value: bytes | None) -> None:
        """Keep `value`, durable when this returns; None forgets."""


class MemoryTokens:
    """Keeps tokens as long as a try lasts."""

    def __init__(self, kept: Mapping[str, bytes] | None = None) -> None:
        self.kept = dict(kept or {})

    async def read(self, subject: str) -> bytes | None:
        """See `TokenStore`."""
        return self.kept.get(subject)

    async def write(self, subject: str, value: bytes | None) -> None:
        """See `TokenStore`."""
        if value is None:
            self.kept.pop(subject, None)
        else:
            self.kept[subject] = value


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a connector is given beside its settings."""

    clock: Callable[[], datetime]
    """Tells the time in UTC."""
    tokens: TokenStore = field(default_factory=MemoryTokens)
