"""Secrets in one file, sealed with a key kept elsewhere.

The key comes from a systemd credential (`$CREDENTIALS_DIRECTORY/keyring.key`), which systemd in
turn keeps sealed by the TPM or the machine's own key. Each value is sealed by itself (AES-256-GCM)
and bound to its service, its user name and the format's version, so that none can take another's
place. The display opens the file with this alone: keyring's library costs a start 16 ms and 2 MiB,
and is loaded only where a session's keyring is asked, or asks us (`sealed_file`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import threading
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from roomdisplay.device.durable_file import read_bounded, replace_durably
from roomdisplay.device.vault.errors import NotKeptError, SealedFileError

log = logging.getLogger(__name__)

CREDENTIAL = "keyring.key"
FILE_NAME = "secrets.json"
FORMAT = 1
_NONCE_BYTES = 12
_MIN_KEY_BYTES = 32
_LIMIT = 1_000_000


class SealedFile:
    """The file. Every call may block; each raises `SealedFileError` where it cannot be done."""

    _lock = threading.Lock()
    """One for all: two of these may stand for the same file."""

    def __init__(self, path: Path, key_file: Path | None) -> None:
        """`key_file` None: the systemd credential."""
        self._path = path
        self._key_file = key_file

    def read(self, service: str, username: str) -> str | None:
        """The secret, or None: absent, damaged or sealed with a key that is lost."""
        with self._lock:
            sealed = self._entries().get(_place(service, username))
        if not isinstance(sealed, str):
            return None
        try:
            raw = base64.b64decode(sealed, validate=True)
            plain = self._cipher().decrypt(
                raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound_to(service, username)
            )
            return plain.decode()
        except (ValueError, InvalidTag):
            log.warning("the keyring's entry %r cannot be unsealed: treated as absent", username)
            return None

    def write(self, service: str, username: str, password: str) -> None:
        """Keep a secret; it is on the disk when this returns."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher().encrypt(
            nonce, password.encode(), _bound_to(service, username)
        )
        with self._lock:
            entries = self._entries()
            entries[_place(service, username)] = base64.b64encode(sealed).decode("ascii")
            self._write(entries)

    def delete(self, service: str, username: str) -> bool:
        """Forget a secret; False: there was none."""
        with self._lock:
            entries = self._entries()
            if entries.pop(_place(service, username), None) is None:
                return False
            self._write(entries)
            return True

    def _entries(self) -> dict[str, Any]:
        """What the file holds; a damaged file is set aside, for whoever wants to look at it."""
        try:
            content = json.loads(read_bounded(self._path, _LIMIT))
            entries = content["entries"] if content["format"] == FORMAT else None
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SealedFileError(f"the keyring file cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError):
            entries = None
        if not isinstance(entries, dict):
            log.warning("the keyring file is damaged: set aside, begun anew")
            self._path.replace(self._path.with_suffix(".damaged"))
            return {}
        return entries

    def _write(self, entries: dict[str, Any]) -> None:
        content = json.dumps({"format": FORMAT, "entries": entries}, indent=1, sort_keys=True)
        try:
            replace_durably(self._path, content.encode())
        except OSError as error:
            raise NotKeptError(f"the keyring file: {error.strerror}") from error

    def _cipher(self) -> AESGCM:
        where = self._key_file or credential_file()
        if where is None:
            raise SealedFileError(f"no systemd credential {CREDENTIAL}")
        try:
            key = read_bounded(where, _LIMIT)
        except (OSError, ValueError) as error:
            raise SealedFileError(f"the key file cannot be read: {error}") from error
        if len(key) < _MIN_KEY_BYTES:
            raise SealedFileError(f"the key file holds fewer than {_MIN_KEY_BYTES} bytes")
        # Any form of key is taken (raw, hex, base64); hashing brings it to 256 bits.
        return AESGCM(hashlib.sha256(b"roomdisplay keyring" + key).digest())


def credential_file() -> Path | None:
    """The systemd credential with the key, if this process was given one."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return None
    file = Path(folder) / CREDENTIAL
    return file if file.is_file() else None


def _place(service: str, username: str) -> str:
    """The entry's name in the file: a digest, so that no separator can be forged."""
    return hashlib.sha256(_bound_to(service, username)).hexdigest()


def _bound_to(service: str, username: str) -> bytes:
    """The associated data: service, user name and version, each told from the next."""
    return json.dumps([service, username, FORMAT]).encode()
