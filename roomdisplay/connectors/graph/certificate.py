"""The certificate by which the application proves itself, with its private key, in PEM."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from roomdisplay.connectors.base import ConnectorError, CredentialsRejectedError, Diagnosis

_SHORTEST_KEY = 2048
"""Bits; Microsoft Entra takes no shorter ones."""
_LONGEST_PEM = 64 * 1024
_KEY = re.compile(
    r"-----BEGIN ((?:RSA |ENCRYPTED )?PRIVATE KEY)-----.+?-----END \1-----", re.DOTALL
)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate and the key that belongs to it."""

    key: str = field(repr=False)
    """PEM, PKCS #8 without a passphrase."""
    certificate: str = field(repr=False)
    """PEM."""
    thumbprint: str
    """SHA-1 in upper-case hexadecimal, as the pages of Microsoft Entra show it."""
    not_before: datetime
    not_after: datetime


def parse_certificate(pem: str) -> Certificate:
    """Read a private key and the certificate that belongs to it, in any order.

    Raises:
        CredentialsRejectedError: one is missing or cannot be used; the diagnosis says what.
    """
    if len(pem) > _LONGEST_PEM:
        raise _refused("this is too long for a key and its certificate", "unreadable")
    key = _key(pem)
    matching = None
    for found in _CERTIFICATE.finditer(pem):
        try:
            one = x509.load_pem_x509_certificate(found[0].encode())
            public = one.public_key()
        except ValueError:
            continue
        matching = matching or one
        if isinstance(public, rsa.RSAPublicKey) and public == key.public_key():
            return _certificate(key, one)
    if matching is not None:
        raise _refused("the private key does not belong to the certificate", "key_mismatch")
    raise _refused("there is no certificate in this text", "unreadable")


def _key(pem: str) -> rsa.RSAPrivateKey:
    found = _KEY.search(pem)
    if found is None:
        raise _refused("there is no private key in this text", "unreadable")
    try:
        key = serialization.load_pem_private_key(found[0].encode(), password=None)
    except TypeError:
        raise _refused("the private key is locked with a passphrase", "unreadable") from None
    except Exception:  # noqa: BLE001 - cryptography names several kinds, and the text is a secret
        raise _refused("the private key cannot be read", "unreadable") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _SHORTEST_KEY:
        raise _refused(f"the key must be an RSA key of at least {_SHORTEST_KEY} bits", "unreadable")
    return key


def _certificate(key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> Certificate:
    plain = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Certificate(
        key=plain.decode(),
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        # What Entra shows beside an uploaded certificate, to be compared by people.
        thumbprint=certificate.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def _refused(detail: str, what: str) -> ConnectorError:
    return CredentialsRejectedError(
        detail, diagnosis=Diagnosis(f"office365_certificate_{what}", {"why": detail})
    )
