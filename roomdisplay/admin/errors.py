"""Why a use case did not do what was asked.

Each error has a key, which the pages translate, and parameters for its text. Neither ever holds a
secret or a meeting's text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from roomdisplay.connectors.base import Diagnosis


class AdminError(Exception):
    """A use case refused; the subclass says what an HTTP handler should answer."""

    status = 400

    def __init__(self, key: str, **params: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.params: dict[str, str | int] = params


class NotFoundError(AdminError):
    """There is no such thing, or none that this person may see."""

    status = 404


class ForbiddenError(AdminError):
    """The role does not allow it."""

    status = 403


class InvalidInputError(AdminError):
    """Fields of a form cannot be accepted: `fields` maps a field to the key of its message."""

    status = 422

    def __init__(self, fields: Mapping[str, str], key: str = "invalid_input") -> None:
        super().__init__(key)
        self.fields = dict(fields)


class ConfirmationNeededError(AdminError):
    """Nothing was done yet: the person has to say yes first (`confirm=True`)."""

    status = 409


class RefusedError(AdminError):
    """The present state does not allow it."""

    status = 409


class SignInFailedError(AdminError):
    """Wrong address or password; deliberately not said which."""

    status = 401


class TooManyTriesError(AdminError):
    """Wait `retry_after` before the next try."""

    status = 429

    def __init__(self, key: str, retry_after: timedelta) -> None:
        super().__init__(key, seconds=max(1, round(retry_after.total_seconds())))
        self.retry_after = retry_after


class ServiceError(AdminError):
    """A calendar service did not do what it should.

    `detail` comes from the connector: plain words for the administrator.
    """

    status = 422

    def __init__(self, key: str, detail: str, *, diagnosis: Diagnosis | None = None) -> None:
        super().__init__(key)
        self.detail = detail
        self.diagnosis = diagnosis
        """What exactly is wrong, where the connector knows: words and repair go by its reason."""


class StartError(Exception):
    """The Admin Center cannot start; the message says how it can."""
