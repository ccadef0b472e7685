"""Whom a display trusts: the system's authorities, or one pinned certificate instead of them."""

from __future__ import annotations

import hashlib
import ssl
import sys

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_TIMEOUT = httpx.Timeout(10.0)


class PinMismatchError(Exception):
    """The server showed no certificate of the pinned key."""


def system_context() -> ssl.SSLContext:
    """Trust what the operating system trusts, a company's own authorities among it."""
    return ssl.create_default_context()


async def pinned_context(origin: str, pin: str) -> ssl.SSLContext:
    """Trust the one certificate whose key has `pin`, looked for in the server's own chain.

    A pin is the SHA-256 (hex) of a public key (SubjectPublicKeyInfo, DER), of the server's own
    certificate or of the authority that the Admin Center made for itself: it outlives renewals.
    The chain is read over a connection that trusts nobody and carries no secret; the host name is
    checked as always afterwards.

    Raises:
        PinMismatchError: no certificate of the chain has this key.
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
        if key_pin(certificate) == pin:
            context = ssl.create_default_context(cadata=certificate)
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            return context
    raise PinMismatchError


def key_pin(certificate: bytes) -> str | None:
    """The pin of a certificate (DER); None: it cannot be read."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
        encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError):
        return None
    return hashlib.sha256(encoded).hexdigest()


def _shown_chain(tls: ssl.SSLObject) -> list[bytes]:
    """The certificates (DER) that the server showed, verified by nobody."""
    if sys.version_info >= (3, 13):
        return tls.get_unverified_chain()
    # The same call, not yet public before Python 3.13.
    shown = getattr(tls, "_sslobj").get_unverified_chain()  # noqa: B009
    return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in shown or ()]
