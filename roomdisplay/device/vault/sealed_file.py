"""The sealed file as keyring's library sees it: a back end for machines without a session."""

from __future__ import annotations

import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.compat import properties
from keyring.errors import InitError, PasswordDeleteError, PasswordSetError

from roomdisplay.device.settings import default_state_dir
from roomdisplay.device.vault.errors import NotKeptError, SealedFileError
from roomdisplay.device.vault.secrets_file import (
    CREDENTIAL,
    FILE_NAME,
    SealedFile,
    credential_file,
)


class SealedFileKeyring(KeyringBackend):
    """Secrets in one sealed file.

    `key_file` and `path` may be set before use; by default they are the systemd credential and a
    file in `$STATE_DIRECTORY` (else in the user's state folder).
    """

    key_file: Path | str | None = None
    path: Path | str | None = None

    def __init__(self, path: Path | str | None = None, key_file: Path | str | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring leaves it untyped
        if path is not None:
            self.path = path
        if key_file is not None:
            self.key_file = key_file

    @properties.classproperty
    def priority(cls) -> float:  # noqa: N805 - keyring's own spelling of a class property
        """Below the Secret Service (5), above everything that keeps plain text.

        Raises:
            RuntimeError: this process was given no key.
        """
        if credential_file() is None:
            raise RuntimeError(f"no systemd credential {CREDENTIAL}")
        return 4.5

    @properties.classproperty
    def name(cls) -> str:  # noqa: N805 - as above
        """What `status` calls it."""
        return "sealed file"

    def get_password(self, service: str, username: str) -> str | None:
        """The secret, or None: absent, damaged or sealed with a key that is lost."""
        try:
            return self.file().read(service, username)
        except SealedFileError as error:
            raise InitError(str(error)) from error

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret; it is on the disk when this returns."""
        try:
            self.file().write(service, username, password)
        except NotKeptError as error:
            raise PasswordSetError(str(error)) from error
        except SealedFileError as error:
            raise InitError(str(error)) from error

    def delete_password(self, service: str, username: str) -> None:
        """Forget a secret."""
        try:
            found = self.file().delete(service, username)
        except NotKeptError as error:
            raise PasswordSetError(str(error)) from error
        except SealedFileError as error:
            raise InitError(str(error)) from error
        if not found:
            raise PasswordDeleteError("no such password")

    def file(self) -> SealedFile:
        """The file that is used now."""
        path = (
            Path(self.path) if self.path is not None else default_state_dir(os.environ) / FILE_NAME
        )
        return SealedFile(path, Path(self.key_file) if self.key_file is not None else None)
