"""Push channels: a post to the client for each change of a calendar."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from simulators.cronofy import times
from simulators.cronofy.accounts import Account, new_id
from simulators.cronofy.authorisations import is_address
from simulators.cronofy.calls import Answer, Call, RefusedError, required, unprocessable
from simulators.cronofy.outbox import Outbox

_MOST = 128
_LONGEST_ADDRESS = 128


@dataclass(eq=False, slots=True, kw_only=True)
class Channel:
    """What a client asked to be told."""

    account: Account
    callback_url: str
    calendar_ids: tuple[str, ...]
    only_managed: bool
    id: str = field(default_factory=lambda: new_id("chn"))

    def described(self) -> dict[str, object]:
        """As the API shows it."""
        filters: dict[str, object] = {"only_managed": self.only_managed}
        if self.calendar_ids:
            filters["calendar_ids"] = list(self.calendar_ids)
        return {"channel_id": self.id, "callback_url": self.callback_url, "filters": filters}


class Channels:
    """Makes, lists and closes channels, and tells them of changes."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._channels: dict[str, Channel] = {}
        self._news: dict[Account, tuple[datetime, bool]] = {}

    def create(self, call: Call, account: Account) -> Answer:
        """POST /v1/channels; the same request again gives the channel that there is."""
        fields = call.fields()
        url = required(fields, "callback_url", longest=_LONGEST_ADDRESS)
        if not is_address(url):
            raise unprocessable("callback_url", "invalid")
        filters = fields.get("filters", {})
        if not isinstance(filters, Mapping):
            raise unprocessable("filters", "invalid")
        calendar_ids = filters.get("calendar_ids", [])
        only_managed = filters.get("only_managed", False)
        if not isinstance(calendar_ids, list) or not isinstance(only_managed, bool):
            raise unprocessable("filters", "invalid")
        for one in calendar_ids:
            if one != account.calendar.id or account.calendar.deleted:
                raise unprocessable("filters.calendar_ids", "unknown")
        made = Channel(
            account=account,
            callback_url=url,
            calendar_ids=tuple(calendar_ids),
            only_managed=only_managed,
        )
        return Answer(json={"channel": self._kept(made).described()})

    def listed(self, account: Account) -> Answer:
        """GET /v1/channels."""
        return Answer(json={"channels": [one.described() for one in self.of(account)]})

    def close(self, account: Account, channel_id: str) -> Answer:
        """DELETE /v1/channels/{id}."""
        channel = self._channels.get(channel_id)
        if channel is None or channel.account is not account:
            raise RefusedError(404)
        del self._channels[channel_id]
        return Answer(status=202)

    def of(self, account: Account) -> list[Channel]:
        """An account's channels."""
        return [one for one in self._channels.values() if one.account is account]

    def forget(self, account: Account | None = None) -> None:
        """Let all channels be gone, or those of one account, without a word to anybody."""
        gone = [one.id for one in self._channels.values() if account in (None, one.account)]
        for one in gone:
            del self._channels[one]

    def changed(self, account: Account, at: datetime, managed: bool) -> None:  # noqa: FBT001
        """Tell of a change soon; changes that come together are told once, with the first time.

        Args:
            account: whose.
            at: when.
            managed: whether it is an event that the application made.
        """
        told = account.connected and account.synced and not account.calendar.deleted
        if not told or not self.of(account):
            return
        if account not in self._news:
            asyncio.get_running_loop().call_soon(self._tell_change, account)
        first, already = self._news.get(account, (at, False))
        self._news[account] = (min(at, first), managed or already)

    def tell(self, account: Account, kind: str, **more: str) -> None:
        """Tell an account's channels something of another kind than a change."""
        for channel in self.of(account):
            self._post(channel, kind, **more)

    def _tell_change(self, account: Account) -> None:
        since, managed = self._news.pop(account)
        for channel in self.of(account):
            if managed or not channel.only_managed:
                self._post(channel, "change", changes_since=times.written(since))

    def _kept(self, made: Channel) -> Channel:
        for one in self.of(made.account):
            if one.described() | {"channel_id": ""} == made.described() | {"channel_id": ""}:
                return one
        if len(self.of(made.account)) >= _MOST:
            raise unprocessable("channels", "too_many")
        self._channels[made.id] = made
        self._post(made, "verification")
        return made

    def _post(self, channel: Channel, kind: str, **more: str) -> None:
        body = {"notification": {"type": kind, **more}, "channel": channel.described()}
        self._outbox.post(
            kind, channel.callback_url, body, lambda status: self._heard(channel, status)
        )

    def _heard(self, channel: Channel, status: int) -> None:
        """Whoever answers that there is nothing is told nothing any more."""
        if status in {404, 410}:
            self._channels.pop(channel.id, None)
