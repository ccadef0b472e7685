"""Choosing the keyring: the session's Secret Service, else our sealed file, else a clear word."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from roomdisplay.device.vault.errors import SealedFileError, VaultUnavailable
from roomdisplay.device.vault.secrets_file import FILE_NAME, SealedFile, credential_file

if TYPE_CHECKING:
    from roomdisplay.device.vault.session_keyring import SessionKeyring

__all__ = ["INSECURE_NOTICE", "NAMES", "NO_VAULT", "Vault", "VaultUnavailable", "open_vault"]

SERVICE = "roomdisplay"
NAMES = ("device-key", "device-codes", "device-token", "cache-key")
"""All that a display keeps in its keyring."""
INSECURE_NOTICE = "insecure_key_file"
"""The notice the screen shows while the key lies beside what it seals."""
NO_VAULT = (
    "no keyring: neither a Secret Service in this session nor a systemd credential keyring.key; "
    "for a trial, --insecure-key-file FILE"
)


class Vault:
    """The display's secrets by name, in one keyring. Every call may block: use a thread."""

    def __init__(self, backend: SealedFile | SessionKeyring, *, insecure: bool = False) -> None:
        self._backend = backend
        self.notices: tuple[str, ...] = (INSECURE_NOTICE,) if insecure else ()
        """Keys of remarks that the screen must name."""
        self._insecure = insecure

    def describe(self) -> str:
        """The keyring's name, for `roomdisplay status` and the Admin Center."""
        if isinstance(self._backend, SealedFile):
            how = "insecure key file" if self._insecure else "systemd credential"
            return f"sealed file ({how})"
        return self._backend.name

    def read(self, name: str) -> str | None:
        """The secret, or None: absent or not to be unsealed any more.

        Raises:
            VaultUnavailable: the keyring does not answer (locked, its service gone).
        """
        try:
            return self._backend.read(SERVICE, name)
        except Exception as error:
            raise _unavailable(error) from error

    def write(self, name: str, secret: str) -> None:
        """Keep a secret durably.

        Raises:
            VaultUnavailable: it could not be kept; what was there stays.
        """
        try:
            self._backend.write(SERVICE, name, secret)
        except Exception as error:
            raise _unavailable(error) from error

    def delete(self, name: str) -> None:
        """Forget a secret, if it is there.

        Raises:
            VaultUnavailable: it could not be removed.
        """
        try:
            self._backend.delete(SERVICE, name)
        except Exception as error:
            raise _unavailable(error) from error

    def wipe(self) -> None:
        """Forget all of the display's secrets.

        Raises:
            VaultUnavailable: not all could be removed.
        """
        for name in NAMES:
            self.delete(name)


def open_vault(state_dir: Path, *, insecure_key_file: Path | None = None) -> Vault:
    """The keyring of this display.

    Once a sealed file exists and its key is at hand, it is kept to, whatever else may turn up: a
    display does not lose its identity because a desktop session was installed.

    Args:
        state_dir: where the sealed file lies.
        insecure_key_file: a key in a plain file, for demo and tests alone; made if absent.

    Raises:
        VaultUnavailable: there is no keyring that keeps secrets.
    """
    sealed = state_dir / FILE_NAME
    if insecure_key_file is not None:
        _make_key(insecure_key_file)
        return Vault(SealedFile(sealed, insecure_key_file), insecure=True)
    own_key = credential_file()
    if own_key is not None and sealed.exists():
        return Vault(SealedFile(sealed, own_key))
    # Imported here: a display with a sealed file of its own never needs keyring's library.
    from roomdisplay.device.vault.session_keyring import session_keyring  # noqa: PLC0415

    backend = session_keyring(SERVICE)
    if backend is None or isinstance(backend, SealedFile):
        if own_key is None:
            raise VaultUnavailable(NO_VAULT)
        backend = SealedFile(sealed, own_key)
    return Vault(backend)


def _make_key(file: Path) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise VaultUnavailable(f"the key file cannot be made: {error.strerror}") from error
    with open(handle, "w", encoding="ascii") as key:  # noqa: PTH123 - a descriptor, not a path
        key.write(os.urandom(32).hex())


def _unavailable(error: Exception) -> VaultUnavailable:
    # keyring's own errors say it in words; told by the module, so that the library is not loaded.
    told = isinstance(error, SealedFileError) or type(error).__module__ == "keyring.errors"
    kind = "" if told else f"{type(error).__name__}: "
    return VaultUnavailable(f"the keyring does not answer: {kind}{error}")
