"""Where the key that seals secrets comes from: never the database, never its folder by itself.

In this order: a systemd credential, a file named on the command line, the desktop's keyring. If
there is none, nothing is stored in plain text; the Admin Center does not start and says how.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.errors import StartError
from roomdisplay.admin.security.durable_file import make_durably
from roomdisplay.admin.security.sealing import KEY_BYTES, Sealer, UnsealError
from roomdisplay.admin.store.database import Store
from roomdisplay.admin.store.tables import SettingsScope

CREDENTIAL = "seal.key"
_KEYRING_SERVICE = "roomdisplay-admin"
_KEYRING_USER = "sealing key"
_CHECK = "sealing"
_CHECK_TEXT = b"Room Display"


def open_sealer(key_file: Path | None, environ: Mapping[str, str] | None = None) -> Sealer:
    """The sealer of this server.

    Args:
        key_file: a file with the key, made (mode 0600) if it is not there yet; None: none named.
        environ: the process's environment by default.

    Raises:
        StartError: there is no safe place for the key, or what is there is no key.
    """
    environ = os.environ if environ is None else environ
    folder = environ.get("CREDENTIALS_DIRECTORY")
    credential = Path(folder) / CREDENTIAL if folder else None
    if credential is not None and credential.is_file():
        return Sealer(_whole_key(credential.read_bytes(), credential), "systemd credential")
    if key_file is not None:
        return Sealer(_key_of_file(key_file), "key file")
    if key := _key_of_keyring():
        return Sealer(key, "Secret Service keyring")
    raise StartError(
        "There is no safe place for the key that seals calendar passwords: no systemd credential"
        f" {CREDENTIAL} and no Secret Service keyring. Start the packaged service, which makes the"
        " credential, or name a file outside of the data folder: --seal-key-file FILE. Keep a copy"
        " of it: without it, stored passwords are to be entered again."
    )


async def require_same_key(store: Store, sealer: Sealer) -> None:
    """Refuse to start with another key than the one the store was sealed with.

    Raises:
        StartError: it is another one.
    """
    async with store.transaction() as session:
        row = await session.get(SettingsScope, _CHECK)
        if row is None:
            _remember(session, sealer)
            return
        try:
            sealer.unseal(base64.b64decode(row.values["check"]), _CHECK)
        except (UnsealError, KeyError, binascii.Error) as error:
            raise StartError(
                "The stored passwords were sealed with another key, then kept in:"
                f" {row.values.get('kept_in', 'unknown')}. The key found now is from:"
                f" {sealer.kept_in}. Put the former key back."
            ) from error


def _remember(session: AsyncSession, sealer: Sealer) -> None:
    check = base64.b64encode(sealer.seal(_CHECK_TEXT, _CHECK)).decode()
    session.add(SettingsScope(scope=_CHECK, values={"check": check, "kept_in": sealer.kept_in}))


def _key_of_file(path: Path) -> bytes:
    if not path.exists():
        try:
            make_durably(path, secrets.token_bytes(KEY_BYTES))
        except FileExistsError:
            pass  # made by another process just now
        except OSError as error:
            raise StartError(f"The key file {path} cannot be made: {error.strerror}.") from error
    try:
        if path.stat().st_mode & 0o077:
            raise StartError(f"Others may read the key file {path}: run  chmod 600 {path}")
        return _whole_key(path.read_bytes(), path)
    except OSError as error:
        raise StartError(f"The key file {path} cannot be read: {error.strerror}.") from error


def _whole_key(key: bytes, path: Path) -> bytes:
    if len(key) != KEY_BYTES:
        raise StartError(f"{path} holds no key: {KEY_BYTES} random bytes are expected.")
    return key


def _key_of_keyring() -> bytes | None:
    """The key in the session's Secret Service, made if it is not there; None without a service."""
    from keyring.backend import KeyringBackend  # noqa: PLC0415
    from keyring.backends.SecretService import Keyring  # noqa: PLC0415 - slow, seldom needed
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        if Keyring.priority <= 0:  # what keyring itself asks: is there a service on the bus?
            return None
        ring: KeyringBackend = Keyring()  # type: ignore[no-untyped-call]  # it has no types
        kept = ring.get_password(_KEYRING_SERVICE, _KEYRING_USER)
        if kept is None:
            kept = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
            ring.set_password(_KEYRING_SERVICE, _KEYRING_USER, kept)
        key = base64.b64decode(kept, validate=True)
    except (KeyringError, RuntimeError, binascii.Error, OSError):
        return None
    return key if len(key) == KEY_BYTES else None
