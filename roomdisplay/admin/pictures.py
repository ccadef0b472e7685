"""The last good picture of a calendar, as it is kept: no more of each meeting than displays need.

Bodies and locations are not kept. What a display may need of them, the way to join, is found when
the picture is read; addresses of conferences are credentials, and titles are people's own, so the
whole is sealed.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

import msgspec

from roomdisplay.admin.security.sealing import Sealer, UnsealError
from roomdisplay.connectors.base import Occurrence
from roomdisplay.model.conference import find_join
from roomdisplay.model.privacy import clean_text
from roomdisplay.model.wire import MEETINGS_LIMIT

_FORMAT = 1
"""Raised when what is kept, or how the way to join is found, changes: then all is read anew."""


class KeptJoin(msgspec.Struct, frozen=True):
    """How a meeting is joined."""

    service: str
    url: str
    dial_in: str | None = None

    def __repr__(self) -> str:
        """Without the address, which is a credential."""
        return f"KeptJoin({self.service!r})"


class KeptMeeting(msgspec.Struct, frozen=True, omit_defaults=True):
    """One occurrence, unmasked."""

    source_id: str
    start: datetime
    end: datetime
    title: str | None = None
    organizer: str | None = None
    all_day: bool = False
    private: bool = False
    join: KeptJoin | None = None


class _Body(msgspec.Struct, array_like=True):
    format: int
    meetings: list[KeptMeeting]


def keep(occurrences: tuple[Occurrence, ...]) -> tuple[KeptMeeting, ...]:
    """What is kept of a reading: sorted, each id once, at most as many as a display accepts."""
    once = {occurrence.source_id: occurrence for occurrence in reversed(occurrences)}
    ordered = sorted(once.values(), key=lambda o: (o.start, o.end, o.source_id))
    return tuple(_kept(occurrence) for occurrence in ordered[:MEETINGS_LIMIT])


def digest(sealer: Sealer, occurrences: tuple[Occurrence, ...]) -> str:
    """Tells an answer from another; begins with `digest_prefix`."""
    told = hmac.new(sealer.derive("picture-digest"), digestmod=hashlib.sha256)
    told.update(msgspec.msgpack.encode(occurrences))
    return digest_prefix(sealer) + told.hexdigest()


def digest_prefix(sealer: Sealer) -> str:
    """Of the digests of pictures that can be read with this key by this version."""
    return f"{_FORMAT}:{sealer.derive('picture-key').hex()[:16]}:"


def seal_picture(sealer: Sealer, calendar_id: str, meetings: tuple[KeptMeeting, ...]) -> bytes:
    """The bytes that stand in the store."""
    plain = msgspec.msgpack.encode(_Body(_FORMAT, list(meetings)))
    return sealer.seal(plain, _owner(calendar_id))


def unseal_picture(sealer: Sealer, calendar_id: str, body: bytes) -> tuple[KeptMeeting, ...] | None:
    """The meetings, or None if they cannot be read any more and have to be fetched anew."""
    try:
        plain = sealer.unseal(body, _owner(calendar_id))
        kept = msgspec.msgpack.decode(plain, type=_Body)
    except (UnsealError, msgspec.MsgspecError):
        return None
    return tuple(kept.meetings) if kept.format == _FORMAT else None


def _owner(calendar_id: str) -> str:
    return f"picture:{calendar_id}"


def _kept(occurrence: Occurrence) -> KeptMeeting:
    target = find_join(
        occurrence.structured_links,
        occurrence.location,
        occurrence.body_text,
        occurrence.body_html,
    )
    return KeptMeeting(
        source_id=occurrence.source_id,
        start=occurrence.start,
        end=occurrence.end,
        title=clean_text(occurrence.title) if occurrence.title else None,
        organizer=clean_text(occurrence.organizer) if occurrence.organizer else None,
        all_day=occurrence.all_day,
        private=occurrence.private,
        join=KeptJoin(target.service, target.url, target.dial_in) if target else None,
    )
