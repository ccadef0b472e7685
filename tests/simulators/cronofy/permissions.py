"""Lifting a calendar out of its sandbox: the application may change what others made."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulators.cronofy import scopes
from simulators.cronofy.accounts import SANDBOX, UNRESTRICTED, Account
from simulators.cronofy.calls import Answer, Call, RefusedError, required, unprocessable


@dataclass(slots=True)
class Permissions:
    """POST /v1/permissions, and the address for people where it does not go without them."""

    _asked: dict[str, tuple[Account, str, str]] = field(default_factory=dict)

    def request(self, call: Call, account: Account) -> Answer:
        """Lift at once where the service account was given that right, else ask a person."""
        fields = call.fields()
        wanted = fields.get("permissions")
        if not isinstance(wanted, list) or not wanted:
            raise unprocessable("permissions", "required")
        level = SANDBOX
        for one in wanted:
            if not isinstance(one, Mapping):
                raise unprocessable("permissions", "invalid")
            account.owned(required(one, "calendar_id"))
            level = required(one, "permission_level")
            if level not in {SANDBOX, UNRESTRICTED}:
                raise unprocessable("permission_level", "invalid")
        right = scopes.ELEVATE_RESOURCES if account.is_resource else scopes.ELEVATE_ACCOUNTS
        if right in account.service_account.scope:
            account.calendar.permission = level
            return Answer(status=202, json={"permissions_request": {"accepted": True}})
        back = required(fields, "redirect_uri")
        name = secrets.token_urlsafe(12)
        self._asked[name] = (account, level, back)
        url = f"{call.origin}/permissions/{name}"
        return Answer(json={"permissions_request": {"url": url}})

    def confirm(self, _call: Call, name: str) -> Answer:
        """A person followed the address and agreed."""
        if name not in self._asked:
            raise RefusedError(404)
        account, level, back = self._asked.pop(name)
        account.calendar.permission = level
        return Answer(status=302, headers={"Location": back})
