"""Ways of signing in: which are offered, which is taken, and what carries it out."""

from __future__ import annotations

import importlib.util
import re
from enum import StrEnum
from urllib.parse import urlsplit

import requests
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from requests.auth import AuthBase, HTTPBasicAuth
from requests_ntlm import HttpNtlmAuth

from roomdisplay.connectors.base import Diagnosis, PermissionMissingError
from roomdisplay.connectors.ews.network import GuardedAdapter
from roomdisplay.connectors.ews.settings import ExchangeSettings, is_loopback

_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9-]*)(?=\s|,|$)")


class Scheme(StrEnum):
    """A way of signing in."""

    NTLM = "ntlm"
    BASIC = "basic"
    KERBEROS = "kerberos"


def offered(response: requests.Response) -> tuple[str, ...]:
    """The schemes that an answer's WWW-Authenticate names (RFC 9110, section 11.6.1)."""
    return tuple(
        dict.fromkeys(
            name.lower() for name in _SCHEME.findall(response.headers.get("www-authenticate", ""))
        )
    )


def choose_scheme(settings: ExchangeSettings, endpoint: str, ways: tuple[str, ...]) -> Scheme:
    """The way to sign in; the password never goes out in Basic without TLS.

    Args:
        settings: name the way, or leave it open.
        endpoint: where.
        ways: what the server offers.

    Raises:
        PermissionMissingError: the server offers none of ours; the diagnosis says what it offers.
    """
    parts = urlsplit(endpoint)
    usable = {
        Scheme.NTLM: "ntlm" in ways or "negotiate" in ways,
        Scheme.BASIC: "basic" in ways
        and (parts.scheme == "https" or is_loopback(parts.hostname or "")),
        Scheme.KERBEROS: "negotiate" in ways,
    }
    names = {"server": parts.netloc, "offered": ", ".join(ways) or "-"}
    if settings.sign_in != "automatic":
        wanted = Scheme(settings.sign_in)
        if wanted is Scheme.KERBEROS and not kerberos_is_installed():
            raise PermissionMissingError(
                "Kerberos needs the package requests-gssapi, which is not installed",
                diagnosis=Diagnosis("exchange_kerberos_missing"),
            )
        if usable[wanted]:
            return wanted
        reason = (
            "exchange_basic_refused" if wanted is Scheme.BASIC else "exchange_no_common_sign_in"
        )
        raise PermissionMissingError(
            f"{parts.netloc} does not offer {wanted} to sign in", diagnosis=Diagnosis(reason, names)
        )
    for scheme in (Scheme.NTLM, Scheme.BASIC):
        if usable[scheme]:
            return scheme
    raise PermissionMissingError(
        f"{parts.netloc} offers no known way to sign in",
        diagnosis=Diagnosis("exchange_no_common_sign_in", names),
    )


def kerberos_is_installed() -> bool:
    """Whether requests-gssapi is there."""
    return importlib.util.find_spec("requests_gssapi") is not None


def authentication(scheme: Scheme, settings: ExchangeSettings, adapter: GuardedAdapter) -> AuthBase:
    """What signs the requests of one connection in."""
    if scheme is Scheme.BASIC:
        return HTTPBasicAuth(settings.username.encode(), settings.password.encode())
    if scheme is Scheme.KERBEROS:
        # The ticket is the machine's: from a keytab or kinit, not from the password.
        from exchangelib.transport import (  # type: ignore[import-untyped]  # noqa: PLC0415 - heavy
            GSSAPI,
            get_auth_instance,
        )

        kerberos: AuthBase = get_auth_instance(GSSAPI)
        return kerberos
    name = settings.username
    # Without a domain before it, the part after the @ would be taken for a Kerberos realm.
    return BoundNtlm(
        "\\" + name if "@" in name and "\\" not in name else name, settings.password, adapter
    )


class BoundNtlm(HttpNtlmAuth):
    """NTLM with the channel binding that Extended Protection asks for.

    The certificate is the one that the adapter saw when it connected: reading the answer first,
    as a bounded adapter does, takes away the socket that requests_ntlm would ask.
    """

    def __init__(self, username: str, password: str, adapter: GuardedAdapter) -> None:
        super().__init__(username, password)
        self._adapter = adapter

    def _get_server_cert(self, response: requests.Response) -> bytes | None:
        del response
        der = self._adapter.peer_certificate
        return None if der is None else endpoint_binding(der)


def endpoint_binding(certificate: bytes) -> bytes | None:
    """The hash of a certificate for tls-server-end-point (RFC 5929, section 4.1).

    Returns:
        None: the certificate's signature uses no single hash, so that no binding is defined.
    """
    parsed = x509.load_der_x509_certificate(certificate)
    try:
        algorithm = parsed.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None
    if algorithm is None:
        return None
    if algorithm.name in {"md5", "sha1"}:
        algorithm = hashes.SHA256()
    return parsed.fingerprint(algorithm)
