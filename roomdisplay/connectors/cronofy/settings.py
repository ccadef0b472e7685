"""What the administrator enters, read into what requests need."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address

import httpx

from roomdisplay.connectors.base import (
    ConnectionSettings,
    CredentialsRejectedError,
    Field,
    UnavailableError,
)
from roomdisplay.connectors.cronofy.reasons import diagnosis
from roomdisplay.connectors.http import HttpDoor, Limits, parse_url

FIELDS = (
    Field(key="back_end", kind="select", options=("exchange", "office365")),
    Field(key="client_id"),
    Field(key="client_secret", kind="password", secret=True),
    Field(
        key="data_centre",
        kind="select",
        options=("us", "au", "ca", "de", "sg", "uk", "own"),
        leads=True,
    ),
    Field(
        key="room_access",
        required=False,
        kind="select",
        options=("unrestricted", "booked"),
        advanced=True,
    ),
    Field(key="api_host", required=False, kind="url", advanced=True),
    Field(key="app_host", required=False, kind="url", advanced=True),
    Field(key="authority", required=False, kind="textarea", advanced=True, leads=True),
)

_OWN = "own"
_DEFAULT = "us"
_KNOWN = frozenset(FIELDS[3].options) - {_OWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The client of Cronofy that a company has registered, and where its data lie."""

    client_id: str
    client_secret: str = field(repr=False)
    api: httpx.URL
    """The data centre's API; tokens go nowhere else."""
    app: httpx.URL
    """The data centre's pages for people."""
    back_end: str
    authority: str | None = None
    unrestricted: bool = True
    """Whether leave to change meetings of others is asked for; Cronofy allows it not to all."""
    own: bool = False
    """Neither host is one of Cronofy's: a test, or a relay of the company's."""

    def door(self, limits: Limits | None = None) -> HttpDoor:
        """A way out for requests to the API.

        Raises:
            UnavailableError: the given authority is no certificate.
        """
        try:
            return HttpDoor(limits=limits, authority=self.authority)
        except ValueError as error:
            raise UnavailableError(
                f"the private certificate authority cannot be used: {error}",
                diagnosis=diagnosis("settings", field="authority"),
            ) from None


def read_settings(settings: ConnectionSettings) -> Application:
    """Read what was entered.

    Raises:
        CredentialsRejectedError: the client's id or secret is missing.
        UnavailableError: the hosts make no sense.
    """
    entered = {**settings.values, **settings.secrets}
    client_id = entered.get("client_id", "").strip()
    secret = entered.get("client_secret", "").strip()
    if not client_id or not secret:
        missing = "client_secret" if client_id else "client_id"
        raise CredentialsRejectedError(
            "the client ID and the client secret of the Cronofy application are needed",
            diagnosis=diagnosis("settings", field=missing),
        )
    centre = entered.get("data_centre", "").strip() or _DEFAULT
    own = centre == _OWN
    if own:
        api, app = (_host(entered, key) for key in ("api_host", "app_host"))
    elif centre in _KNOWN:
        suffix = "" if centre == _DEFAULT else f"-{centre}"
        api = httpx.URL(f"https://api{suffix}.cronofy.com")
        app = httpx.URL(f"https://app{suffix}.cronofy.com")
    else:
        raise UnavailableError(
            "Cronofy has no data centre of this name",
            diagnosis=diagnosis("settings", field="data_centre"),
        )
    return Application(
        client_id=client_id,
        client_secret=secret,
        api=api,
        app=app,
        back_end=entered.get("back_end", "").strip() or FIELDS[0].options[0],
        authority=entered.get("authority", "").strip() or None,
        unrestricted=entered.get("room_access", "").strip() != "booked",
        own=own,
    )


def _host(entered: dict[str, str], key: str) -> httpx.URL:
    try:
        url = parse_url(entered.get(key, ""))
    except ValueError:
        url = None
    if url is None or not (url.scheme == "https" or (url.scheme == "http" and _is_loopback(url))):
        raise UnavailableError(
            "a host of one's own is an address such as https://cronofy.example.com",
            diagnosis=diagnosis("settings", field=key),
        )
    return url.copy_with(username=None, password=None, path="/", query=None, fragment=None)


def _is_loopback(url: httpx.URL) -> bool:
    if url.host == "localhost":
        return True
    try:
        return ip_address(url.host.strip("[]")).is_loopback
    except ValueError:
        return False
