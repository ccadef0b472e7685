"""An authority of our own for servers that have no certificate: its pin is what displays trust.

The authority's key is sealed and kept; the server's own certificate is made anew at every start,
and its key never leaves memory.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from roomdisplay.admin.errors import StartError
from roomdisplay.admin.security.durable_file import replace_durably
from roomdisplay.admin.security.sealing import Sealer, UnsealError

AUTHORITY_DAYS = 20 * 365
SERVER_DAYS = 2 * 365
_BACKDATED = timedelta(days=1)
"""A display's clock may be behind."""
_OWNER = "tls-authority"
_KEY_FILE, _CERTIFICATE_FILE = "authority.key.sealed", "authority.pem"


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs this server's certificates."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pin(self) -> bytes:
        """SHA-256 of its public key (SubjectPublicKeyInfo, DER), which outlives renewals."""
        key = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return hashlib.sha256(key).digest()


def open_authority(folder: Path, sealer: Sealer, now: datetime) -> Authority:
    """The authority kept in `folder`, made if there is none yet.

    Raises:
        StartError: its key was sealed with another key, or its files are damaged or cannot be
            written.
    """
    key_file, certificate_file = folder / _KEY_FILE, folder / _CERTIFICATE_FILE
    if not key_file.exists():
        authority = _new_authority(now)
        pem = authority.certificate.public_bytes(serialization.Encoding.PEM)
        try:  # the key last: once it is there, so is the certificate, whenever the power fails
            replace_durably(certificate_file, pem)
            replace_durably(key_file, sealer.seal(_key_bytes(authority.key), _OWNER))
        except OSError as error:
            raise StartError(
                f"The authority cannot be kept in {folder}: {error.strerror}."
            ) from error
        return authority
    try:
        key = serialization.load_der_private_key(
            sealer.unseal(key_file.read_bytes(), _OWNER), password=None
        )
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    except (UnsealError, ValueError, OSError) as error:
        raise StartError(
            f"The authority in {folder} cannot be read: restore the folder and its sealing key, or"
            " remove the folder to make a new one; displays then have to be paired again."
        ) from error
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Authority(certificate, key)


def server_context(authority: Authority, names: Sequence[str], now: datetime) -> ssl.SSLContext:
    """What the server speaks TLS with: a fresh certificate for `names`, the authority's below it.

    Args:
        authority: signs it.
        names: host names and IP addresses it is reached by.
        now: UTC.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(names[0]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=SERVER_DAYS))
        .add_extension(x509.SubjectAlternativeName([_alternative(n) for n in names]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
            critical=False,
        )
        .sign(authority.key, hashes.SHA256())
    )
    chain = b"".join(
        one.public_bytes(serialization.Encoding.PEM) for one in (certificate, authority.certificate)
    )
    pem_key = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return _context(chain + pem_key)


def _context(pem: bytes) -> ssl.SSLContext:
    """Python reads keys from files only: this one lies in memory and goes at once."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    memory = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        os.write(memory, pem)
        context.load_cert_chain(f"/proc/self/fd/{memory}")
    finally:
        os.close(memory)
    return context


def _new_authority(now: datetime) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Room Display Admin Center")
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
