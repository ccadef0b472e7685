"""A keyring that the session has, by keyring's library; only one that keeps secrets secret."""

from __future__ import annotations

import logging
import os

import keyring.core
from keyring.backend import KeyringBackend, get_all_keyring
from keyring.errors import PasswordDeleteError

from roomdisplay.device.vault.errors import VaultUnavailable
from roomdisplay.device.vault.sealed_file import SealedFileKeyring
from roomdisplay.device.vault.secrets_file import SealedFile

log = logging.getLogger(__name__)

_TRUSTED = (
    "keyring.backends.SecretService.",
    "keyring.backends.kwallet.",
    "keyring.backends.libsecret.",
)


class SessionKeyring:
    """One of keyring's back ends, spoken to like a `SealedFile`."""

    def __init__(self, backend: KeyringBackend) -> None:
        self._backend = backend
        self.name = str(backend.name)

    def read(self, service: str, username: str) -> str | None:
        """The secret, or None."""
        return self._backend.get_password(service, username)

    def write(self, service: str, username: str, password: str) -> None:
        """Keep a secret."""
        self._backend.set_password(service, username, password)

    def delete(self, service: str, username: str) -> bool:
        """Forget a secret; False: there was none."""
        try:
            self._backend.delete_password(service, username)
        except PasswordDeleteError:
            return False
        return True


def session_keyring(service: str) -> SessionKeyring | SealedFile | None:
    """The best keyring that keeps secrets and answers when asked for one of `service`.

    `PYTHON_KEYRING_BACKEND` is obeyed, but no further than that.

    Raises:
        VaultUnavailable: the environment names a keyring that cannot be used.
    """
    backend = _best(service)
    if isinstance(backend, SealedFileKeyring):
        return backend.file()
    return SessionKeyring(backend) if backend is not None else None


def is_trusted(backend: KeyringBackend) -> bool:
    """Whether a keyring keeps secrets secret; those of keyrings.alt may be plain text files."""
    kind = type(backend)
    name = f"{kind.__module__}.{kind.__qualname__}"
    return isinstance(backend, SealedFileKeyring) or name.startswith(_TRUSTED)


def _best(service: str) -> KeyringBackend | None:
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
        if isinstance(backend, SealedFileKeyring) or _answers(backend, service):
            return backend
    return None


def _answers(backend: KeyringBackend, service: str) -> bool:
    """Whether a session's keyring can be read now: it may be locked with nobody there to ask."""
    try:
        backend.get_password(service, "probe")
    except Exception as error:  # noqa: BLE001 - D-Bus libraries raise what they like
        log.warning("%s does not answer: %s", backend.name, error)
        return False
    return True
