"""What the API tells of service accounts, accounts, rooms and calendars."""

from __future__ import annotations

from simulators.cronofy.accounts import Account, Directory
from simulators.cronofy.calls import Answer, Call, unprocessable
from simulators.cronofy.grants import Grant
from simulators.organisation import Mailbox

_DETAILS = frozenset(("capacity", "location"))


def userinfo(grant: Grant) -> Answer:
    """GET /v1/userinfo, for tokens of either kind."""
    authorization = {"scope": " ".join(sorted(grant.scope)), "status": "active"}
    subject = grant.subject
    if isinstance(subject, Account):
        data: dict[str, object] = {
            "authorization": authorization,
            "profiles": [
                profile(subject) | {"profile_calendars": [calendar(subject)]},
            ],
        }
        kind = "account"
    else:
        authorization["delegated_scope"] = " ".join(sorted(grant.delegated))
        data = {
            "authorization": authorization,
            "service_account": {"provider_name": subject.provider, "domain": subject.domain},
        }
        kind = "service_account"
    return Answer(
        json={
            "sub": subject.id,
            "email": subject.email,
            "cronofy.type": kind,
            "cronofy.data": data,
        }
    )


def account(one: Account) -> Answer:
    """GET /v1/account."""
    mailbox = one.calendar.mailbox
    return Answer(
        json={
            "account": {
                "account_id": one.id,
                "email": mailbox.address,
                "name": mailbox.name,
                "default_tzid": mailbox.zone,
            }
        }
    )


def profile(one: Account) -> dict[str, object]:
    """The connection to the calendar server that an account has."""
    return {
        "provider_name": one.service_account.provider,
        "profile_id": one.profile_id,
        "profile_name": one.email,
        "profile_connected": one.connected,
        "profile_initial_sync_required": not one.synced,
    }


def calendar(one: Account) -> dict[str, object]:
    """An account's calendar."""
    return {
        "provider_name": one.service_account.provider,
        "profile_id": one.profile_id,
        "profile_name": one.email,
        "calendar_id": one.calendar.id,
        "calendar_name": "Calendar",
        "calendar_readonly": False,
        "calendar_deleted": one.calendar.deleted,
        "calendar_primary": True,
        "calendar_integrated_conferencing_available": True,
        "calendar_attachments_available": False,
        "permission_level": one.calendar.permission,
    }


def resources(call: Call, directory: Directory) -> Answer:
    """GET /v1/resources: the rooms, with details where they are asked for."""
    wanted = frozenset((call.first("include_details") or "").split())
    if not wanted <= _DETAILS:
        raise unprocessable("include_details", "invalid")
    return Answer(json={"resources": [_room(one, wanted) for one in directory.resources()]})


def _room(mailbox: Mailbox, wanted: frozenset[str]) -> dict[str, object]:
    room: dict[str, object] = {"email": mailbox.address, "name": mailbox.name}
    if "capacity" in wanted:
        room["capacity"] = mailbox.capacity
    if "location" in wanted and (mailbox.building or mailbox.floor):
        room["location"] = {
            name: value
            for name, value in (
                ("building_name", mailbox.building),
                ("floor_name", mailbox.floor),
            )
            if value
        }
    return room
