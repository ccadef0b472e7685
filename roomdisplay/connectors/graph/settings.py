"""What an administrator enters to connect Microsoft 365, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from roomdisplay.connectors.base import (
    ConnectionSettings,
    ConnectorError,
    CredentialsRejectedError,
    Diagnosis,
    Field,
)
from roomdisplay.connectors.graph.certificate import Certificate, parse_certificate

FIELDS = (
    Field(key="tenant"),
    Field(key="client_id"),
    Field(key="secret", kind="password", secret=True, required=False),
    Field(key="certificate", kind="textarea", secret=True, required=False),
    Field(
        key="cloud",
        kind="select",
        options=("worldwide", "usgov", "dod", "china", "own"),
        leads=True,
    ),
    Field(key="login_host", required=False, advanced=True, leads=True),
    Field(key="graph_host", required=False, advanced=True, leads=True),
    Field(key="authority", kind="textarea", required=False, advanced=True, leads=True),
)
"""One of `secret` and `certificate` is needed; the hosts belong to the cloud `own`."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where one of Microsoft's clouds is: origins without a path."""

    login: httpx.URL
    graph: httpx.URL

    @property
    def scope(self) -> str:
        """What a token is asked for: all that was granted to the application."""
        return f"{self.graph}/.default"


def _cloud(login: str, graph: str) -> Cloud:
    return Cloud(httpx.URL(f"https://{login}"), httpx.URL(f"https://{graph}"))


CLOUDS: Mapping[str, Cloud] = {
    "worldwide": _cloud("login.microsoftonline.com", "graph.microsoft.com"),
    "usgov": _cloud("login.microsoftonline.us", "graph.microsoft.us"),
    "dod": _cloud("login.microsoftonline.us", "dod-graph.microsoft.us"),
    "china": _cloud("login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"),
}
"""Worldwide includes GCC; usgov is GCC High; china is operated by 21Vianet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An application in a tenant, and how it proves itself."""

    tenant: str
    client_id: str
    cloud: Cloud
    secret: str = field(default="", repr=False)
    certificate: Certificate | None = field(default=None, repr=False)
    authority: str | None = field(default=None, repr=False)
    """Certificates in PEM that are trusted beside the system's."""


_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NO_TENANT = frozenset({"common", "organizations", "consumers"})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def is_guid(text: str) -> bool:
    """Whether `text` is written like an id of Microsoft Entra."""
    return _GUID.fullmatch(text) is not None


def parse_account(settings: ConnectionSettings) -> Account:
    """Check what was entered, as far as that can be done without asking anybody.

    Raises:
        CredentialsRejectedError: something is missing or cannot be right; its diagnosis says what.
    """
    entered = {key: value.strip() for key, value in {**settings.values, **settings.secrets}.items()}
    tenant, client_id = entered.get("tenant", ""), entered.get("client_id", "")
    if not _TENANT.fullmatch(tenant) or tenant.lower() in _NO_TENANT:
        raise _refused(
            "the directory (tenant) is named by its ID or by one of its domains",
            "office365_tenant_unknown",
            tenant=tenant[:100],
        )
    if not is_guid(client_id):
        raise _refused(
            "the application (client) ID is 32 letters and digits with four dashes",
            "office365_app_unknown",
            tenant=tenant,
            client_id=client_id[:100],
        )
    secret, pem = entered.get("secret", ""), entered.get("certificate", "")
    if not secret and not pem:
        raise _refused("a client secret or a certificate is needed", "office365_secret_missing")
    return Account(
        tenant=tenant,
        client_id=client_id,
        cloud=_chosen_cloud(entered),
        secret=secret if not pem else "",
        certificate=parse_certificate(pem) if pem else None,
        authority=entered.get("authority") or None,
    )


def _chosen_cloud(entered: Mapping[str, str]) -> Cloud:
    name = entered.get("cloud") or "worldwide"
    if name in CLOUDS:
        return CLOUDS[name]
    hosts = [_origin(entered.get(key, "")) for key in ("login_host", "graph_host")]
    login, graph = hosts
    if name != "own" or login is None or graph is None:
        raise _refused(
            "own hosts are written like https://host or https://host:port",
            "office365_hosts_wrong",
        )
    return Cloud(login, graph)


def _origin(text: str) -> httpx.URL | None:
    """The origin that `text` names; http only on this machine, for trying things out."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return None
    if not url.host or url.userinfo or url.path not in {"", "/"} or url.query or url.fragment:
        return None
    if url.scheme != "https" and not (url.scheme == "http" and url.host in _LOOPBACK):
        return None
    return httpx.URL(f"{url.scheme}://{url.netloc.decode('ascii')}")


def _refused(detail: str, reason: str, **params: str) -> ConnectorError:
    return CredentialsRejectedError(detail, diagnosis=Diagnosis(reason, params))
