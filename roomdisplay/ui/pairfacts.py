"""What the pairing screen and the call's sheets say, and the facts behind a long press."""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec import Struct

from roomdisplay.model.room import Place
from roomdisplay.model.roomstate import Standing, StateKind
from roomdisplay.model.service_names import service_name
from roomdisplay.sync.snapshot import Call, CallPhase, Snapshot
from roomdisplay.ui.statewords import state_word
from roomdisplay.ui.troublewords import call_failure, notice_text, trouble_text
from roomdisplay.ui.wording import Wording, isolated, plain

_MINUTE = 60.0


class PairingFacts(Struct, frozen=True, kw_only=True):
    """What the pairing screen shows."""

    headline: str = ""
    lead: str = ""
    address: str = ""
    code: str = ""
    words_hint: str = ""
    words: str = ""
    scan: str = ""
    """What the QR says; empty: no QR."""
    expiry: str = ""
    left: float = 0.0
    """The part of the code's life that is left, 0 to 1."""
    note: str = ""
    ask: str = ""
    """What stands on the button that asks for the way in; empty: no button."""


class CallFacts(Struct, frozen=True, kw_only=True):
    """What is said while a call is being opened, is open, or failed."""

    phase: str = ""
    """Empty: no call; else connecting, open, failed or elsewhere."""
    headline: str = ""
    text: str = ""
    retry: str = ""
    close: str = ""
    meeting_id: str = ""


class DeviceFact(Struct, frozen=True, kw_only=True):
    """One line of the sheet that a long press on the room's name opens."""

    label: str
    value: str


def pairing_facts(snapshot: Snapshot, boottime: float, w: Wording) -> PairingFacts:
    """Put the pairing into words; the minutes left count down on the minute."""
    revoked = snapshot.standing is Standing.REVOKED
    kind = StateKind.REVOKED if revoked else StateKind.UNPAIRED
    now, trouble, offer = snapshot.now(boottime), snapshot.trouble, snapshot.pairing
    since = snapshot.clock.at(trouble.since) if trouble and snapshot.clock.trusted else None
    note = trouble_text(trouble, since, now, w) if trouble else ""
    if offer is None or offer.expires_at <= boottime:
        asking = w.translate("Pairing", "Asking the Admin Center for a code…")
        return PairingFacts(headline=state_word(kind, w), lead="" if note else asking, note=note)
    left = offer.expires_at - boottime
    lead = (
        w.translate("Pairing", "Scan, or enter the code at")
        if offer.verification_uri_complete
        else w.translate("Pairing", "Enter the code at")
    )
    if revoked:
        lead = (
            w.translate("Pairing", "Pair again: scan, or enter the code at")
            if offer.verification_uri_complete
            else w.translate("Pairing", "Pair again: enter the code at")
        )
    minutes = max(1, -int(-left // _MINUTE))
    return PairingFacts(
        headline=state_word(kind, w),
        lead=lead,
        address=_shown_address(offer.verification_uri),
        code=plain(offer.user_code),
        words_hint=w.translate("Pairing", "These four words must stand there too"),
        words="   ".join(plain(word) for word in offer.words),
        scan=offer.verification_uri_complete or "",
        expiry=w.translate("Pairing", "New code in %n min", "", minutes),
        left=min(1.0, minutes * _MINUTE / offer.lifetime) if offer.lifetime > 0 else 0.0,
        note=note,
    )


def asks_for_calendar(snapshot: Snapshot) -> bool:
    """Whether the screen waits for its first calendar and can be set up where it stands."""
    schedule = snapshot.schedule
    return (
        snapshot.way_in is not None
        and snapshot.standing is Standing.PAIRED
        and (schedule is None or schedule.source is None)
    )


def way_in_facts(snapshot: Snapshot, boottime: float, w: Wording) -> PairingFacts:
    """Put the way in into words: first how to ask for it, then the link for a phone."""
    headline = w.translate("Pairing", "Choose a calendar")
    way_in = snapshot.way_in
    link = way_in.open_link(boottime) if way_in else None
    if way_in is None or link is None:
        return PairingFacts(
            headline=headline,
            lead=w.translate("Pairing", "With your phone, in the same network as this screen."),
            ask=w.translate("Pairing", "Show the code"),
        )
    minutes = max(1, -int(-(way_in.expires_at - boottime) // _MINUTE))
    warns = link.startswith("https:")
    hint = w.translate(
        "Pairing", "Your phone will say that it does not know this screen. Go on: it is yours."
    )
    return PairingFacts(
        headline=headline,
        lead=w.translate("Pairing", "Scan the code with your phone, and paste the address there."),
        words_hint=hint if warns else "",
        scan=link,
        expiry=w.translate("Pairing", "Good for %n min", "", minutes),
    )


def next_pairing_change(snapshot: Snapshot, boottime: float) -> float | None:
    """When (boot-time seconds) the minutes left will read differently; None: no code shown."""
    offer, way_in = snapshot.pairing, snapshot.way_in
    ends = [one for one in (offer and offer.expires_at, way_in and way_in.expires_at) if one]
    changes = [_next_minute(end, boottime) for end in ends if end > boottime]
    return min(changes, default=None)


def _next_minute(end: float, boottime: float) -> float:
    whole = (end - boottime) // _MINUTE
    left = whole if whole * _MINUTE < end - boottime else whole - 1
    return end - left * _MINUTE


def _shown_address(uri: str) -> str:
    """The address without what nobody needs to type."""
    parts = urlsplit(uri)
    shown = f"{parts.netloc}{parts.path}".rstrip("/")
    return plain(f"http://{shown}" if parts.scheme == "http" else shown)


def call_facts(call: Call | None, w: Wording, *, place: Place) -> CallFacts:
    """Put the call into words."""
    if call is None:
        return CallFacts()
    service = service_name(call.service)
    dial_in = plain(call.dial_in) if place is Place.INSIDE else ""
    by_phone = w.translate("Call", "By telephone: {number}").format(number=dial_in)
    match call.phase:
        case CallPhase.CONNECTING:
            headline = w.translate("Call", "Connecting to {service}…")
            text, retry = by_phone if dial_in else "", ""
            close = w.translate("Call", "Cancel")
        case CallPhase.OPEN:
            headline = w.translate("Call", "In the call · {service}")
            text, retry, close = "", "", w.translate("Call", "Leave")
        case CallPhase.ELSEWHERE:
            headline = w.translate("Call", "Opening on the big screen")
            text, retry, close = "", "", w.translate("Call", "Close")
        case CallPhase.FAILED:
            headline = w.translate("Call", "{service} did not open")
            reason = call_failure(call.reason, w)
            text = f"{reason} {by_phone}" if dial_in else reason
            retry, close = w.translate("Call", "Try again"), w.translate("Call", "Close")
    return CallFacts(
        phase=call.phase.value,
        headline=headline.format(service=service),
        text=text,
        retry=retry,
        close=close,
        meeting_id=call.meeting_id,
    )


def device_facts(snapshot: Snapshot, w: Wording) -> tuple[DeviceFact, ...]:
    """What an administrator asks for on the telephone."""
    labels = (
        ("server", w.translate("Device", "Admin Center")),
        ("device_id", w.translate("Device", "Display")),
        ("version", w.translate("Device", "Version")),
        ("keyring", w.translate("Device", "Keyring")),
    )
    facts = [
        DeviceFact(label=label, value=isolated(plain(snapshot.texts[key])))
        for key, label in labels
        if snapshot.texts.get(key)
    ]
    if snapshot.trouble is not None and snapshot.trouble.detail:
        detail = plain(snapshot.trouble.detail)
        facts.append(DeviceFact(label=w.translate("Device", "Last fault"), value=detail))
    facts += [
        DeviceFact(label=w.translate("Device", "Notice"), value=notice_text(key, w))
        for key in snapshot.notices
    ]
    return tuple(facts)
