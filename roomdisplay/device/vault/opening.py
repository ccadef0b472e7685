"""Choosing the keyring: the session's Secret Service, else our sealed file, else a clear word."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import keyring.core
from keyring.backend import KeyringBackend, get_all_keyring
from keyring.errors import KeyringError, PasswordDeleteError

from roomdisplay.device.vault.sealed_file import FILE_NAME, SealedFileKeyring, credential_file

log = logging.getLogger(__name__)

SERVICE = "roomdisplay"
NAMES = ("device-key", "device-codes", "device-token", "cache-key")
"""All that a display keeps in its keyring."""
INSECURE_NOTICE = "insecure_key_file"
"""The notice the screen shows while the key lies beside what it seals."""

_TRUSTED = (
    "keyring.backends.SecretService.",
    "keyring.backends.kwallet.",
    "keyring.backends.libsecret.",
)
NO_VAULT = (
    "no keyring: neither a Secret Service in this session nor a systemd credential keyring.key; "
    "for a trial, --insecure-key-file FILE"
)


class VaultUnavailable(Exception):  # noqa: N818 - told to people, not a fault of the program
    """There is no keyring, or it does not answer; the message says what to do."""


class Vault:
    """The display's secrets by name, in one keyring. Every call may block: use a thread."""

    def __init__(self, backend: KeyringBackend, *, insecure: bool = False) -> None:
        self._backend = backend
        self.notices: tuple[str, ...] = (INSECURE_NOTICE,) if insecure else ()
        """Keys of remarks that the screen must name."""
        self._insecure = insecure

    def describe(self) -> str:
        """The keyring's name, for `roomdisplay status` and the Admin Center."""
        if isinstance(self._backend, SealedFileKeyring):
            how = "insecure key file" if self._insecure else "systemd credential"
            return f"sealed file ({how})"
        return str(self._backend.name)

    def read(self, name: str) -> str | None:
        """The secret, or None: absent or not to be unsealed any more.

        Raises:
            VaultUnavailable: the keyring does not answer (locked, its service gone).
        """
        try:
            return self._backend.get_password(SERVICE, name)
        except Exception as error:
            raise _unavailable(error) from error

    def write(self, name: str, secret: str) -> None:
        """Keep a secret durably.

        Raises:
            VaultUnavailable: it could not be kept; what was there stays.
        """
        try:
            self._backend.set_password(SERVICE, name, secret)
        except Exception as error:
            raise _unavailable(error) from error

    def delete(self, name: str) -> None:
        """Forget a secret, if it is there.

        Raises:
            VaultUnavailable: it could not be removed.
        """
        try:
            self._backend.delete_password(SERVICE, name)
        except PasswordDeleteError:
            return
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
        return Vault(SealedFileKeyring(sealed, insecure_key_file), insecure=True)
    own_key = credential_file()
    if own_key is not None and sealed.exists():
        return Vault(SealedFileKeyring(sealed, own_key))
    backend = _session_keyring()
    if backend is None or isinstance(backend, SealedFileKeyring):
        if own_key is None:
            raise VaultUnavailable(NO_VAULT)
        backend = SealedFileKeyring(sealed, own_key)
    return Vault(backend)


def is_trusted(backend: KeyringBackend) -> bool:
    """Whether a keyring keeps secrets secret; those of keyrings.alt may be plain text files."""
    kind = type(backend)
    name = f"{kind.__module__}.{kind.__qualname__}"
    return isinstance(backend, SealedFileKeyring) or name.startswith(_TRUSTED)


def _session_keyring() -> KeyringBackend | None:
    """The best keyring that keeps secrets and answers.

    `PYTHON_KEYRING_BACKEND` is obeyed, but no further than that.
    """
    if os.environ.get("PYTHON_KEYRING_BACKEND"):
        try:
            named = keyring.core.load_env()
        except Exception as error:
            raise VaultUnavailable(f"PYTHON_KEYRING_BACKEND: {error}") from error
        if named is None or not is_trusted(named):
            raise VaultUnavailable("PYTHON_KEYRING_BACKEND names a keyring that keeps plain text")
        return named
    trusted = [backend for backend in get_all_keyring() if is_trusted(backend)]
    for backend in sorted(trusted, key=lambda one: one.priority, reverse=True):
        if isinstance(backend, SealedFileKeyring) or _answers(backend):
            return backend
    return None


def _answers(backend: KeyringBackend) -> bool:
    """Whether a session's keyring can be read now: it may be locked with nobody there to ask."""
    try:
        backend.get_password(SERVICE, "probe")
    except Exception as error:  # noqa: BLE001 - D-Bus libraries raise what they like
        log.warning("%s does not answer: %s", backend.name, error)
        return False
    return True


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
    kind = "" if isinstance(error, KeyringError) else f"{type(error).__name__}: "
    return VaultUnavailable(f"the keyring does not answer: {kind}{error}")
