"""Everything that this connector may find wrong, by the keys of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from roomdisplay.connectors.base import ConnectorError, Diagnosis, ThrottledError, UnavailableError

_SIGN_IN = ("tenant", "client_id", "code")
_ROOM = ("room",)

PARAMS: Mapping[str, tuple[str, ...]] = {
    # what was entered
    "office365_secret_missing": (),
    "office365_hosts_wrong": (),
    "office365_authority_unreadable": (),
    "office365_certificate_unreadable": ("why",),
    "office365_certificate_key_mismatch": (),
    "office365_certificate_expired": ("date",),
    "office365_certificate_expiring": ("date", "days"),
    # signing in
    "office365_tenant_unknown": ("tenant",),
    "office365_app_unknown": ("client_id",),
    "office365_app_not_consented": _SIGN_IN,
    "office365_app_disabled": _SIGN_IN,
    "office365_secret_wrong": _SIGN_IN,
    "office365_secret_id": _SIGN_IN,
    "office365_secret_expired": _SIGN_IN,
    "office365_certificate_unknown": (*_SIGN_IN, "thumbprint"),
    "office365_clock_wrong": (),
    "office365_conditional_access": _SIGN_IN,
    "office365_cloud_wrong": _SIGN_IN,
    "office365_sign_in_refused": _SIGN_IN,
    "office365_token_refused": (),
    # getting an answer
    "office365_unreachable": (),
    "office365_throttled": (),
    "office365_foreign_answer": (),
    "office365_refused": ("code",),
    "office365_unexpected": (),
    # rooms and rights
    "office365_permission_missing": (),
    "office365_places_permission_missing": (),
    "office365_places_empty": (),
    "office365_no_room": (),
    "office365_room_unknown": _ROOM,
    "office365_room_out_of_scope": _ROOM,
    "office365_access_policy": _ROOM,
    "office365_mailbox_on_premises": _ROOM,
    "office365_scope_too_wide": (),
    "office365_scope_untold": (),
    "office365_write_missing": _ROOM,
    # what a room's mailbox does to meetings
    "office365_titles_replaced": _ROOM,
    "office365_bodies_removed": _ROOM,
    "office365_private_removed": _ROOM,
    "office365_private_unproven": _ROOM,
    "office365_cancelled_kept": _ROOM,
    "office365_no_meetings": _ROOM,
    # being told of changes
    "office365_push_refused": _ROOM,
    "office365_push_unused": (),
    "office365_hook_unreachable": (),
    # the test invitation
    "office365_no_sender": _ROOM,
    "office365_invitation_unanswered": _ROOM,
    "office365_invitation_declined": _ROOM,
    # a check that could not be made
    "office365_earlier_failed": ("check",),
}
"""Reasons, and what each tells for its words and its repair."""

REASONS = tuple(PARAMS)

CHECKS = (
    "office365_certificate",
    "office365_signs_in",
    "office365_places",
    "office365_clock",
    "office365_room",
    "office365_scope",
    "office365_write",
    "office365_titles",
    "office365_bodies",
    "office365_private",
    "office365_cancelled",
    "office365_push",
    "office365_invitation",
)
"""The doctor's checks, in their order."""


def diagnosis_of(error: ConnectorError) -> Diagnosis:
    """What an error means, with all that its words need."""
    if error.diagnosis is not None:
        return error.diagnosis
    if isinstance(error, ThrottledError):
        return Diagnosis("office365_throttled")
    if isinstance(error, UnavailableError):
        return Diagnosis("office365_unreachable")
    return Diagnosis("office365_unexpected")
