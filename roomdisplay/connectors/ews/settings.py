"""What the administrator entered to connect Exchange, checked."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from roomdisplay.connectors.base import ConnectionSettings, Diagnosis, Field, MalformedAnswerError
from roomdisplay.connectors.guard import trusting

FIELDS = (
    Field(key="email", kind="email", leads=True),
    Field(key="impersonation_email", kind="email", required=False),
    Field(key="password", kind="password", secret=True),
    Field(key="server", required=False, leads=True),
    Field(key="username", required=False, advanced=True),
    Field(
        key="sign_in",
        kind="select",
        options=("automatic", "ntlm", "basic", "kerberos"),
        required=False,
        advanced=True,
    ),
    Field(
        key="access",
        kind="select",
        options=("impersonation", "delegate"),
        required=False,
        advanced=True,
    ),
    Field(key="authority", kind="textarea", required=False, advanced=True, leads=True),
)

_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[A-Za-z0-9.-]{1,255}")
_ENDPOINT_PATH = "/EWS/Exchange.asmx"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeSettings:
    """A service account, and how to reach Exchange with it."""

    email: str
    impersonation_email: str
    """A mailbox that the account acts for, to prove that it can; its own: none is given."""
    username: str
    """`DOMAIN\\user`, or like an address."""
    password: str = field(repr=False)
    endpoint: str | None
    """A whole address; None: to be found by autodiscover."""
    sign_in: str
    impersonates: bool
    authority: str | None

    @property
    def domain(self) -> str:
        """Of the account's address."""
        return self.email.rpartition("@")[2].lower()

    @property
    def proves_with(self) -> str | None:
        """The mailbox that impersonation is proven with; None: one of the rooms."""
        other = self.impersonation_email
        return other if other and other.lower() != self.email.lower() else None


def parse_settings(settings: ConnectionSettings) -> ExchangeSettings:
    """Check what was entered.

    Raises:
        MalformedAnswerError: it makes no sense; with the diagnosis `exchange_settings`.
    """
    values = {key: value.strip() for key, value in settings.values.items()}
    email = values.get("email", "")
    impersonation = values.get("impersonation_email", "")
    if not is_address(email):
        raise _senseless("the service account's address is missing or is none")
    if impersonation and not is_address(impersonation):
        raise _senseless("the impersonation email is not an address")
    sign_in = values.get("sign_in") or "automatic"
    access = values.get("access") or "impersonation"
    if sign_in not in FIELDS[5].options or access not in FIELDS[6].options:
        raise _senseless("an unknown way of signing in")
    password = settings.secrets.get("password", "")
    if not password and sign_in != "kerberos":
        raise _senseless("the service account needs a password")
    server = values.get("server", "")
    authority = values.get("authority") or None
    if authority is not None:
        _require_certificate(authority)
    return ExchangeSettings(
        email=email,
        impersonation_email=impersonation or email,
        username=values.get("username") or email,
        password=password,
        endpoint=endpoint_of(server) if server else None,
        sign_in=sign_in,
        impersonates=access == "impersonation",
        authority=authority,
    )


def endpoint_of(server: str) -> str:
    """The address of EWS that a host, a host with a port, or an address means.

    Raises:
        MalformedAnswerError: it is none, or http anywhere but on this machine.
    """
    text = server if "://" in server else f"https://{server}"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise _senseless("the server is neither a name nor an address") from None
    if (
        parts.scheme not in {"https", "http"}
        or not host
        or parts.username
        or re.search(r"\s", text)
    ):
        raise _senseless("the server is neither a name nor an address")
    if parts.scheme == "http" and not is_loopback(host):
        raise _senseless("http is allowed on this machine only: passwords go over https")
    path = parts.path if len(parts.path) > 1 else _ENDPOINT_PATH
    if path.lower().rstrip("/").endswith("/ews"):
        path = path.rstrip("/") + "/Exchange.asmx"
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def is_loopback(host: str) -> bool:
    """Whether it is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_address(text: str) -> bool:
    """Whether it may be the address of a mailbox."""
    return _ADDRESS.fullmatch(text) is not None


def _require_certificate(authority: str) -> None:
    try:
        trusting(authority)
    except ValueError as error:
        raise _senseless(f"the private authority: {error}") from None


def _senseless(cause: str) -> MalformedAnswerError:
    return MalformedAnswerError(cause, diagnosis=Diagnosis("exchange_settings", {"cause": cause}))
