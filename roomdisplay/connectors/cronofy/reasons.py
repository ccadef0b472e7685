"""Everything that is known to go wrong with Cronofy, as keys of the catalogue's words."""

from __future__ import annotations

from roomdisplay.connectors.base import Diagnosis

PARAMS: dict[str, tuple[str, ...]] = {
    "cronofy_settings": ("field",),
    "cronofy_unreachable": ("host",),
    "cronofy_malformed": ("what",),
    "cronofy_throttled": (),
    "cronofy_client_rejected": (),
    "cronofy_redirect_refused": ("uri",),
    "cronofy_plan": (),
    "cronofy_not_connected": (),
    "cronofy_code_refused": ("uri",),
    "cronofy_not_a_service_account": (),
    "cronofy_reconnect": (),
    "cronofy_service_inactive": ("status",),
    "cronofy_impersonation_gone": (),
    "cronofy_back_end_differs": ("wanted", "found"),
    "cronofy_scope_missing": ("scope",),
    "cronofy_unrestricted_missing": ("scope",),
    "cronofy_no_rooms": (),
    "cronofy_room_unlisted": ("room",),
    "cronofy_room_not_authorized": (),
    "cronofy_room_pending": (),
    "cronofy_callback_unheard": ("minutes",),
    "cronofy_callback_unreachable": ("uri",),
    "cronofy_room_refused": ("error", "words"),
    "cronofy_scope_refused": (),
    "cronofy_room_revoked": (),
    "cronofy_room_locked": (),
    "cronofy_profile_disconnected": (),
    "cronofy_syncing": (),
    "cronofy_calendar_gone": (),
    "cronofy_beyond_span": ("back", "ahead"),
    "cronofy_not_watched": ("room",),
    "cronofy_sandbox": (),
    "cronofy_write_late": (),
    "cronofy_titles_replaced": ("room", "meetings"),
    "cronofy_bodies_removed": ("room", "meetings"),
    "cronofy_private_unseen": ("room",),
    "cronofy_no_meetings": ("room",),
    "cronofy_no_invitation": (),
    "cronofy_earlier_failed": ("check",),
}
"""Each reason, and what its words and its repair may name; more may be told of a room."""

REASONS = tuple(PARAMS)
"""Each has words and a repair in both languages, and a test that provokes it."""

CHECKS = (
    "cronofy_client",
    "cronofy_service",
    "cronofy_window",
    "cronofy_back_end",
    "cronofy_scope",
    "cronofy_rooms",
    "cronofy_room",
    "cronofy_mailbox",
    "cronofy_push",
    "cronofy_permission",
    "cronofy_week",
    "cronofy_titles",
    "cronofy_bodies",
    "cronofy_private",
    "cronofy_pace",
    "cronofy_invitation",
)
"""What the doctor looks at, in this order."""

_SERVICE = "cronofy_"


def diagnosis(what: str, /, **params: str) -> Diagnosis:
    """The diagnosis of one of `REASONS`, named without the service."""
    return Diagnosis(_SERVICE + what, params)
