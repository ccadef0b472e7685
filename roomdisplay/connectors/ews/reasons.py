"""What is known to go wrong with Exchange, and what the doctor looks at: keys of the catalogue."""

from __future__ import annotations

PARAMS: dict[str, tuple[str, ...]] = {
    # Reaching the server
    "exchange_name_not_found": ("server",),
    "exchange_unreachable": ("server",),
    "exchange_untrusted": ("server", "cause"),
    "exchange_forbidden_address": ("server",),
    "exchange_wrong_url": ("server",),
    "exchange_not_ews": ("server",),
    "exchange_autodiscover_failed": ("domain",),
    "exchange_autodiscover_elsewhere": ("domain", "server"),
    "exchange_settings": ("cause",),
    # Signing in
    "exchange_password": ("account", "server"),
    "exchange_account_locked": ("account",),
    "exchange_password_expired": ("account",),
    "exchange_extended_protection": ("account", "server"),
    "exchange_ntlm_broken": ("server",),
    "exchange_basic_refused": ("server", "offered"),
    "exchange_no_common_sign_in": ("server", "offered"),
    "exchange_kerberos_missing": (),
    "exchange_ews_disabled": ("account", "server"),
    # Acting for the rooms
    "exchange_impersonation_denied": ("account", "room"),
    "exchange_no_access": ("account", "room"),
    "exchange_non_primary_address": ("room", "primary"),
    "exchange_no_mailbox": ("room",),
    "exchange_service_account_without_mailbox": ("account",),
    # Rooms and what they tell
    "exchange_no_room_lists": (),
    "exchange_empty_room_list": ("list",),
    "exchange_no_room_to_try": (),
    "exchange_titles_replaced": ("room",),
    "exchange_bodies_removed": ("room",),
    "exchange_private_removed": ("room",),
    "exchange_links_removed": ("room",),
    "exchange_zone_lost": ("room",),
    "exchange_unreadable_meetings": ("room", "count"),
    # Limits
    "exchange_throttled": ("account", "room", "seconds"),
    "exchange_too_many_subscriptions": ("account",),
    "exchange_no_streaming": ("account", "room"),
    # The test invitation
    "exchange_invitation_not_sent": ("account", "room"),
    "exchange_invitation_not_accepted": ("room",),
    "exchange_invitation_not_removed": ("account", "room"),
}
"""Reasons of diagnoses, each with what it tells for the words and the repair."""

REASONS = tuple(PARAMS)

CHECKS = (
    "exchange_server_found",
    "exchange_server_answers",
    "exchange_signs_in",
    "exchange_lists_rooms",
    "exchange_has_rooms",
    "exchange_acts_for_room",
    "exchange_reads_week",
    "exchange_keeps_titles",
    "exchange_keeps_bodies",
    "exchange_keeps_links",
    "exchange_keeps_private",
    "exchange_keeps_zones",
    "exchange_not_throttled",
    "exchange_tells_changes",
    "exchange_invitation_arrives",
    "exchange_invitation_removed",
)
"""What the doctor looks at."""
