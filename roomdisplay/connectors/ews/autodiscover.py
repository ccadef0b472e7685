"""Finding the server from the service account's address.

Autodiscover sends the password to hosts that it guesses. So it asks hosts of the account's own
domain alone, and a server elsewhere that they name is told to the administrator, who may type it.
"""
# mypy: disable-error-code="import-untyped,misc"
# ruff: noqa: ANN401
# exchangelib has no types.

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import requests
from exchangelib.properties import UserResponse
from exchangelib.services import GetUserSettings

from roomdisplay.connectors.base import (
    ConnectorError,
    CredentialsRejectedError,
    Diagnosis,
    MalformedAnswerError,
    PermissionMissingError,
    UnavailableError,
)
from roomdisplay.connectors.ews.errors import explain
from roomdisplay.connectors.ews.line import LineMaker
from roomdisplay.connectors.ews.network import Network
from roomdisplay.connectors.ews.settings import ExchangeSettings
from roomdisplay.connectors.ews.soap import Sent

_PATH = "/autodiscover/autodiscover.svc"
_SETTINGS = ("external_ews_url", "internal_ews_url")
_MOST_STEPS = 4


class UserSettings(Sent, GetUserSettings):
    """What autodiscover tells of an account."""

    def of(self, email: str) -> Any:
        """The settings."""
        payload = self.get_payload(users=[email], settings=_SETTINGS)
        for found in self._get_elements(payload=payload):
            if isinstance(found, Exception):
                raise found
            return UserResponse.from_xml(found, account=None)
        raise MalformedAnswerError("autodiscover tells nothing of the account")


def find_endpoint(settings: ExchangeSettings, network: Network, line_to: LineMaker) -> str:
    """The address of EWS; in the calling thread.

    Raises:
        ConnectorError: it is not found, or lies outside of the account's domain.
    """
    domain = settings.domain
    last: ConnectorError | None = None
    for host in (f"autodiscover.{domain}", domain):
        try:
            return _ask(settings, line_to, f"https://{host}{_PATH}")
        except (CredentialsRejectedError, PermissionMissingError):
            raise  # it is the right server, and it says no
        except ConnectorError as error:
            if error.diagnosis and error.diagnosis.reason == "exchange_autodiscover_elsewhere":
                raise
            last = error
    with suppress(requests.RequestException):
        found = _redirected(network, domain)
        if found:
            return _ask(settings, line_to, found)
    for host in network.find_service(f"_autodiscover._tcp.{domain}"):
        return _ask(settings, line_to, _own(f"https://{host}{_PATH}", domain))
    raise UnavailableError(
        f"autodiscover finds no Exchange for {domain}"
        + (f": {last.detail}" if last is not None else ""),
        diagnosis=Diagnosis("exchange_autodiscover_failed", {"domain": domain}),
    )


def _ask(settings: ExchangeSettings, line_to: LineMaker, address: str) -> str:
    domain = settings.domain
    for _ in range(_MOST_STEPS):
        line = line_to(address)
        try:
            told = UserSettings(protocol=line).of(settings.email)
        except ConnectorError:
            raise
        except Exception as error:  # noqa: BLE001 - of exchangelib's, by name
            raise explain(error, settings, settings.email) from None
        finally:
            line.close()
        values = told.user_settings or {}
        for name in _SETTINGS:
            found = values.get(name)
            if found:
                return _own(str(found), domain)
        target = told.redirect_url
        if not target:
            break
        address = _own(str(target), domain)
    raise UnavailableError(
        f"autodiscover at {urlsplit(address).netloc} names no Exchange",
        diagnosis=Diagnosis("exchange_autodiscover_failed", {"domain": domain}),
    )


def _redirected(network: Network, domain: str) -> str | None:
    """Where http://autodiscover.<domain> leads; asked without credentials."""
    with network.session() as session:
        answer = session.get(
            f"http://autodiscover.{domain}/autodiscover/autodiscover.xml", allow_redirects=False
        )
    location = answer.headers.get("location", "")
    if not location.lower().startswith("https://"):
        return None
    host = urlsplit(_own(location, domain)).netloc
    return f"https://{host}{_PATH}"


def _own(address: str, domain: str) -> str:
    """The address, if it is https and in the account's domain.

    Raises:
        PermissionMissingError: it is not: the administrator is to decide.
    """
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    if parts.scheme == "https" and (host == domain or host.endswith(f".{domain}")):
        return address
    named = parts.netloc or address[:100]
    raise PermissionMissingError(
        f"autodiscover names the server {named}, which is not of the domain {domain}",
        diagnosis=Diagnosis("exchange_autodiscover_elsewhere", {"domain": domain, "server": named}),
    )
