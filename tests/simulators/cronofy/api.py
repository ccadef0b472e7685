"""Which request is answered by what."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from simulators.cronofy import described, scopes
from simulators.cronofy.accounts import Account
from simulators.cronofy.calls import Answer, Call, RefusedError, unprocessable

if TYPE_CHECKING:
    from simulators.cronofy.simulator import CronofySimulator

Handler = Callable[..., Answer | Awaitable[Answer]]
_MOST_IN_A_BATCH = 50


class Api:
    """Finds the handler, and the right that it needs."""

    def __init__(self, service: CronofySimulator) -> None:
        self._service = service
        one = "(?P<calendar_id>[^/]+)"
        window = service.window
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = [
            (method, re.compile(pattern), handler)
            for method, pattern, handler in (
                ("GET", "/enterprise_connect/oauth/authorize", window.open),
                ("POST", "/enterprise_connect/oauth/authorize", window.submit),
                ("GET", "/legal/(?P<document>terms|privacy)", window.legal),
                ("GET", "/assets/window.css", window.style),
                ("GET", "/permissions/(?P<name>[^/]+)", service.permissions.confirm),
                ("POST", "/oauth/token", service.oauth.token),
                ("POST", "/oauth/token/revoke", service.oauth.revoke),
                ("GET", "/v1/userinfo", self._userinfo),
                ("GET", "/v1/account", self._account),
                ("GET", "/v1/profiles", self._profiles),
                ("GET", "/v1/resources", self._resources),
                ("POST", "/v1/service_account_authorizations", self._authorise),
                ("GET", "/v1/calendars", self._calendars),
                ("POST", "/v1/permissions", self._permissions),
                ("GET", "/v1/events", self._events),
                ("GET", "/v1/events/pages/(?P<name>[^/]+)", self._page),
                ("DELETE", "/v1/events", self._delete_all),
                ("POST", f"/v1/calendars/{one}/events", self._upsert),
                ("DELETE", f"/v1/calendars/{one}/events", self._delete),
                (
                    "POST",
                    f"/v1/calendars/{one}/events/(?P<uid>[^/]+)/participation_status",
                    self._participate,
                ),
                ("POST", "/v1/batch", self._batch),
                ("GET", "/v1/channels", self._channels),
                ("POST", "/v1/channels", self._create_channel),
                ("DELETE", "/v1/channels/(?P<channel_id>[^/]+)", self._close_channel),
            )
        ]

    async def answer(self, call: Call) -> Answer:
        """Answer a request; refusals are answers, too."""
        try:
            if call.path.startswith(("/v1/", "/oauth/")) and self._service.rate_limit is not None:
                self._service.rate_limit.take()
            return await self._routed(call)
        except RefusedError as refusal:
            return refusal.answer

    async def _routed(self, call: Call) -> Answer:
        other_method = False
        for method, pattern, handler in self._routes:
            found = pattern.fullmatch(call.path)
            if found is None:
                continue
            if method == call.method:
                answer = handler(call, **found.groupdict())
                return await answer if inspect.isawaitable(answer) else answer
            other_method = True
        raise RefusedError(405 if other_method else 404)

    def _account_of(self, call: Call, right: str) -> Account:
        grant = self._service.grants.bearer(call.token)
        account = grant.account
        scopes.demand(grant.scope, right)
        return account

    def _userinfo(self, call: Call) -> Answer:
        grant = self._service.grants.bearer(call.token)
        if isinstance(grant.subject, Account):
            grant.account  # noqa: B018 - refuses while it is locked
        return described.userinfo(grant)

    def _account(self, call: Call) -> Answer:
        return described.account(self._account_of(call, "read_account"))

    def _profiles(self, call: Call) -> Answer:
        account = self._account_of(call, "read_account")
        return Answer(json={"profiles": [described.profile(account)]})

    def _resources(self, call: Call) -> Answer:
        grant = self._service.grants.bearer(call.token)
        grant.service_account  # noqa: B018 - refuses tokens of rooms
        self._pay()
        scopes.demand(grant.scope, scopes.MANAGE_RESOURCES)
        return described.resources(call, self._service.directory)

    def _authorise(self, call: Call) -> Answer:
        grant = self._service.grants.bearer(call.token)
        self._pay()
        return self._service.authorisations.request(call, grant)

    def _calendars(self, call: Call) -> Answer:
        account = self._account_of(call, "list_calendars")
        return Answer(json={"sub": account.id, "calendars": [described.calendar(account)]})

    def _permissions(self, call: Call) -> Answer:
        account = self._account_of(call, "create_event")
        return self._service.permissions.request(call, account)

    def _events(self, call: Call) -> Answer:
        return self._service.events.read(call, self._account_of(call, "read_events"))

    def _page(self, call: Call, name: str) -> Answer:
        return self._service.events.turn(call, self._account_of(call, "read_events"), name)

    def _delete_all(self, call: Call) -> Answer:
        account = self._account_of(call, "delete_event")
        return self._service.writings.delete_all(call, account)

    def _upsert(self, call: Call, calendar_id: str) -> Answer:
        account = self._account_of(call, "create_event")
        return self._service.writings.upsert(call, account, calendar_id)

    def _delete(self, call: Call, calendar_id: str) -> Answer:
        account = self._account_of(call, "delete_event")
        return self._service.writings.delete(call, account, calendar_id)

    def _participate(self, call: Call, calendar_id: str, uid: str) -> Answer:
        account = self._account_of(call, "change_participation_status")
        return self._service.writings.participate(call, account, calendar_id, uid)

    def _channels(self, call: Call) -> Answer:
        return self._service.channels.listed(self._account_of(call, "read_account"))

    def _create_channel(self, call: Call) -> Answer:
        return self._service.channels.create(call, self._account_of(call, "read_account"))

    def _close_channel(self, call: Call, channel_id: str) -> Answer:
        account = self._account_of(call, "read_account")
        return self._service.channels.close(account, channel_id)

    async def _batch(self, call: Call) -> Answer:
        self._service.grants.bearer(call.token)
        entries = call.fields().get("batch")
        if not isinstance(entries, list) or not 1 <= len(entries) <= _MOST_IN_A_BATCH:
            raise unprocessable("batch", "between_1_and_50")
        return Answer(status=207, json={"batch": [await self._entry(call, one) for one in entries]})

    async def _entry(self, call: Call, entry: object) -> dict[str, object]:
        """One request of a batch; it counts as a request, and fails alone."""
        if not isinstance(entry, Mapping) or entry.get("method") not in {"POST", "DELETE"}:
            return {"status": 422}
        path = str(entry.get("relative_url", ""))
        if not path.startswith("/v1/") or path == "/v1/batch":
            return {"status": 404}
        answer = await self.answer(
            Call(
                method=entry["method"],
                path=path,
                data=entry.get("data", {}),
                token=call.token,
                origin=call.origin,
            )
        )
        told: dict[str, object] = {"status": answer.status}
        if answer.headers:
            told["headers"] = dict(answer.headers)
        if answer.json is not None:
            told["data"] = answer.json
        return told

    def _pay(self) -> None:
        if not self._service.application.has_enterprise_connect:
            raise RefusedError(402)
