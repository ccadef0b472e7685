"""Whom a display trusts: the system's authorities, or one pinned certificate instead of them."""

from __future__ import annotations

import hashlib
import ssl
import sys

import httpx

_TIMEOUT = httpx.Timeout(10.0)


class PinMismatchError(Exception):
    """The server showed no certificate that has the pinned fingerprint."""


def system_context() -> ssl.SSLContext:
    """Trust what the operating system trusts, a company's own authorities among it."""
    return ssl.create_default_context()


async def pinned_context(origin: str, pin: str) -> ssl.SSLContext:
    """Trust the one certificate of `pin` (SHA-256, hex), looked for in the server's own chain.

    The chain is read over a connection that trusts nobody and carries no secret. What is pinned
    is the authority an Admin Center made for itself, so that its short-lived certificates may
    change; the host name is checked as always afterwards.

    Raises:
        PinMismatchError: no certificate of the chain has this fingerprint.
        httpx.TransportError: the server cannot be reached.
    """
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    async with (
        httpx.AsyncClient(verify=blind, timeout=_TIMEOUT, follow_redirects=False) as client,
        client.stream("HEAD", origin + "/") as answer,
    ):
        tls = answer.extensions["network_stream"].get_extra_info("ssl_object")
        chain = _shown_chain(tls)
    for certificate in chain:
        if hashlib.sha256(certificate).hexdigest() == pin:
            context = ssl.create_default_context(cadata=certificate)
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            return context
    raise PinMismatchError


def _shown_chain(tls: ssl.SSLObject) -> list[bytes]:
    """The certificates (DER) that the server showed, verified by nobody."""
    if sys.version_info >= (3, 13):
        return tls.get_unverified_chain()
    # The same call, not yet public before Python 3.13.
    shown = getattr(tls, "_sslobj").get_unverified_chain()  # noqa: B009
    return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in shown or ()]
