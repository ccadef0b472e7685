"""What the display's secrets can fail by."""

from __future__ import annotations


class VaultUnavailable(Exception):  # noqa: N818 - told to people, not a fault of the program
    """There is no keyring, or it does not answer; the message says what to do."""


class SealedFileError(Exception):
    """The sealed file or its key cannot be read; the message says which."""


class NotKeptError(SealedFileError):
    """The sealed file could not be written; what was there stays."""
