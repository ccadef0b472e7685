"""What tokens may do."""

from __future__ import annotations

from simulators.cronofy.calls import RefusedError

MANAGE_ACCOUNTS = "service_account/accounts/manage"
ELEVATE_ACCOUNTS = "service_account/accounts/unrestricted_access"
MANAGE_RESOURCES = "service_account/resources/manage"
ELEVATE_RESOURCES = "service_account/resources/unrestricted_access"

OF_SERVICE_ACCOUNTS = frozenset(
    (MANAGE_ACCOUNTS, ELEVATE_ACCOUNTS, MANAGE_RESOURCES, ELEVATE_RESOURCES)
)
_READING = frozenset(("read_account", "list_calendars", "read_events", "read_free_busy"))
_WRITING = frozenset(("create_event", "delete_event"))
_COARSE = {
    "read_only": _READING,
    "write_only": frozenset(("read_account", "list_calendars")) | _WRITING,
    "read_write": _READING | _WRITING | {"create_calendar", "change_participation_status"},
    "free_busy": frozenset(("read_account", "list_calendars", "read_free_busy")),
    "free_busy_write": frozenset(("read_account", "list_calendars", "read_free_busy")) | _WRITING,
}
OF_ACCOUNTS = (
    _READING
    | _WRITING
    | frozenset(_COARSE)
    | {"create_calendar", "change_participation_status", "event_reminders"}
)


def parse(text: str | None, allowed: frozenset[str]) -> frozenset[str]:
    """The scopes of a list that is separated by spaces.

    Raises:
        ValueError: there is none, or one that is not known.
    """
    wanted = frozenset((text or "").split())
    if not wanted or not wanted <= allowed:
        raise ValueError("no such scope")
    return wanted


def covered(scopes: frozenset[str]) -> frozenset[str]:
    """The fine scopes that these give."""
    return frozenset().union(*(_COARSE.get(one, frozenset((one,))) for one in scopes))


def demand(held: frozenset[str], needed: str) -> None:
    """See to it that a scope is held.

    Raises:
        RefusedError: 403.
    """
    if needed not in covered(held):
        raise RefusedError(403)
