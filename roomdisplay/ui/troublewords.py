"""What is wrong, in words: which hop, since when, and what to do."""

from __future__ import annotations

from datetime import datetime

from roomdisplay.model.freshness import FreshnessReading, Hop, SourceState
from roomdisplay.sync.snapshot import Snapshot, Trouble, TroubleKind
from roomdisplay.ui.wording import Wording, marked

LASTING = frozenset({TroubleKind.PROTOCOL_TOO_NEW, TroubleKind.NO_KEYRING, TroubleKind.DISK})
"""Troubles that are told even while the picture is still fresh: time alone does not mend them."""


_TROUBLES: dict[TroubleKind, str] = {
    TroubleKind.NO_SERVER_ADDRESS: marked(
        "Trouble", "This display does not know its Admin Center yet"
    ),
    TroubleKind.NO_NETWORK: marked("Trouble", "No network"),
    TroubleKind.NAME_NOT_FOUND: marked("Trouble", "The Admin Center's name is not found"),
    TroubleKind.SERVER_UNREACHABLE: marked("Trouble", "No connection to the Admin Center"),
    TroubleKind.CERTIFICATE_NOT_TRUSTED: marked(
        "Trouble", "The Admin Center's certificate is not trusted"
    ),
    TroubleKind.FOREIGN_ANSWER: marked(
        "Trouble", "Something else answers in the Admin Center's place"
    ),
    TroubleKind.SERVER_FAILING: marked("Trouble", "The Admin Center has a fault"),
    TroubleKind.PROTOCOL_TOO_NEW: marked(
        "Trouble", "The Admin Center is newer: update this display"
    ),
    TroubleKind.NO_KEYRING: marked(
        "Trouble", "No keyring answers: this display cannot keep its key"
    ),
    TroubleKind.DISK: marked("Trouble", "This display cannot write to its disk"),
}
_SINCE: dict[TroubleKind, str] = {
    TroubleKind.NO_NETWORK: marked("Trouble", "No network since {time}"),
    TroubleKind.SERVER_UNREACHABLE: marked(
        "Trouble", "No connection to the Admin Center since {time}"
    ),
    TroubleKind.SERVER_FAILING: marked("Trouble", "The Admin Center has had a fault since {time}"),
}
_CALL_FAILURES: dict[str, str] = {
    "no_connection": marked(
        "Call",
        "No connection to the Admin Center, so the address of the call is not here. Join from your"
        " own device, or by telephone: the invitation says how.",
    ),
    "no_ticket": marked("Call", "The Admin Center did not give the meeting's address."),
    "no_display": marked("Call", "The room's big screen does not answer."),
    "no_way_to_display": marked(
        "Call",
        "No connection to the Admin Center, so the big screen cannot be told. Join on the big"
        " screen itself.",
    ),
    "no_answer": marked("Call", "Nothing happened. Please try again."),
    "starting": marked("Call", "This display is still starting. Please try again in a moment."),
    "too_late": marked("Call", "This meeting can no longer be joined."),
    "browser_missing": marked(
        "Call", "No browser is installed on this display. Tell your administrator."
    ),
    "browser_silent": marked(
        "Call", "The browser does not start on this display. Tell your administrator."
    ),
    "browser_failed": marked("Call", "The browser could not open the call."),
    "service_unreachable": marked(
        "Call",
        "The call's service does not answer. Try again, or join from your own device.",
    ),
}
_ACCESS: dict[str, str] = {
    "permission_missing": marked("Trouble", "The Admin Center may not read this calendar"),
    "authorizing": marked("Trouble", "The calendar service has yet to grant access"),
    "authorization_refused": marked("Trouble", "The calendar service refuses access"),
    "authorization_unreachable": marked(
        "Trouble", "The calendar service cannot reach the Admin Center"
    ),
}
"""Reasons of the Admin Center that concern this one calendar."""
_NOTICES: dict[str, str] = {
    "insecure_key_file": marked("Notice", "Key in a plain file: for trials only"),
    "outbox_set_aside": marked(
        "Notice", "Confirmations were lost with a damaged file: confirm again if you are asked"
    ),
}


def trouble_text(trouble: Trouble, since: datetime | None, now: datetime, w: Wording) -> str:
    """One sentence; `since` is left out where the clock cannot be trusted (None)."""
    if since is not None and trouble.kind in _SINCE:
        return w.translate("Trouble", _SINCE[trouble.kind]).format(time=w.moment(since, now))
    return w.translate("Trouble", _TROUBLES[trouble.kind])


def hop_text(reading: FreshnessReading, w: Wording) -> str:
    """Which hop keeps a picture from being fresh, where no trouble says more."""
    if reading.weaker_hop is Hop.SERVER:
        return w.translate("Trouble", "No connection to the Admin Center")
    if reading.source_state is SourceState.LATE:
        return w.translate("Trouble", "The calendar service is late")
    if reading.reason == "credentials_rejected":
        return w.translate("Trouble", "The calendar service refuses the Admin Center's sign-in")
    if reading.reason == "calendar_gone":
        return w.translate("Trouble", "The calendar service does not know this calendar any more")
    if reading.reason in _ACCESS:
        return w.translate("Trouble", _ACCESS[reading.reason])
    return w.translate("Trouble", "The calendar service does not answer")


def note_text(snapshot: Snapshot, reading: FreshnessReading, boottime: float, w: Wording) -> str:
    """What the note under a state says of the way to the news; empty while all is well."""
    trouble, now = snapshot.trouble, snapshot.now(boottime)
    told = trouble is not None and (not reading.fresh or trouble.kind in LASTING)
    if trouble is not None and told:
        since = snapshot.clock.at(trouble.since) if snapshot.clock.trusted else None
        return trouble_text(trouble, since, now, w)
    return hop_text(reading, w) if snapshot.account and not reading.fresh else ""


def notice_text(key: str, w: Wording) -> str:
    """A lasting remark that must stand on the glass; unknown keys speak for themselves."""
    if key in _NOTICES:
        return w.translate("Notice", _NOTICES[key])
    return key.replace("_", " ")[:80]


def call_failure(reason: str | None, w: Wording) -> str:
    """Why a call could not be opened, and what to do."""
    words = _CALL_FAILURES.get(reason or "", _CALL_FAILURES["browser_failed"])
    return w.translate("Call", words)
