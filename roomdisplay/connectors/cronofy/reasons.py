"""Everything that is known to go wrong with Cronofy, as keys of the catalogue's words."""

from __future__ import annotations

from roomdisplay.connectors.base import Diagnosis

REASONS = (
    "cronofy_settings",
    "cronofy_unreachable",
    "cronofy_malformed",
    "cronofy_throttled",
    "cronofy_client_rejected",
    "cronofy_redirect_refused",
    "cronofy_plan",
    "cronofy_not_connected",
    "cronofy_code_refused",
    "cronofy_not_a_service_account",
    "cronofy_reconnect",
    "cronofy_service_inactive",
    "cronofy_impersonation_gone",
    "cronofy_back_end_differs",
    "cronofy_scope_missing",
    "cronofy_unrestricted_missing",
    "cronofy_no_rooms",
    "cronofy_room_unlisted",
    "cronofy_room_not_authorized",
    "cronofy_room_pending",
    "cronofy_callback_unheard",
    "cronofy_callback_unreachable",
    "cronofy_room_refused",
    "cronofy_scope_refused",
    "cronofy_room_revoked",
    "cronofy_room_locked",
    "cronofy_profile_disconnected",
    "cronofy_syncing",
    "cronofy_calendar_gone",
    "cronofy_beyond_span",
    "cronofy_not_watched",
    "cronofy_sandbox",
    "cronofy_write_late",
    "cronofy_titles_replaced",
    "cronofy_bodies_removed",
    "cronofy_private_unseen",
    "cronofy_no_meetings",
    "cronofy_no_invitation",
    "cronofy_earlier_failed",
)
"""Each has words and a repair in both languages, and a test that provokes it."""

_SERVICE = "cronofy_"


def diagnosis(what: str, /, **params: str) -> Diagnosis:
    """The diagnosis of one of `REASONS`, named without the service."""
    return Diagnosis(_SERVICE + what, params)
