"""What a use case refuses, as the problem that the device protocol has for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from roomdisplay.admin.device_api.answers import ProblemError
from roomdisplay.admin.errors import AdminError, NotFoundError, RefusedError
from roomdisplay.model.problems import PROBLEMS


@contextmanager
def problems() -> Iterator[None]:
    """Turn an `AdminError` into its registered problem; the key says more than the status.

    Raises:
        ProblemError: in its place.
    """
    try:
        yield
    except AdminError as error:
        if error.key in PROBLEMS:
            raise ProblemError(error.key) from error
        if error.key == "device_gone":  # taken out since its token was looked at
            raise ProblemError("invalid_token") from error
        if isinstance(error, NotFoundError):
            raise ProblemError("not_found") from error
        if isinstance(error, RefusedError):
            raise ProblemError("action_refused", error.key) from error
        raise
