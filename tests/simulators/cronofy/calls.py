"""Requests and answers of the simulated API, free of the plumbing of HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request; `data` is the body: read JSON, or the fields of a form."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    data: object = None
    token: str | None = None
    """What stands behind "Bearer"."""
    origin: str = ""
    """Scheme, host and port as the client sees them; addresses in answers begin with it."""
    language: str = ""
    """The header Accept-Language."""

    def first(self, name: str) -> str | None:
        """The value of a parameter; None where it is absent or empty."""
        return next((value for key, value in self.query if key == name and value), None)

    def every(self, name: str) -> list[str]:
        """All values of a parameter that may be repeated."""
        return [value for key, value in self.query if key == name and value]

    def fields(self) -> Mapping[str, object]:
        """The body's members.

        Raises:
            RefusedError: 400, since it is no object.
        """
        if not isinstance(self.data, dict):
            raise RefusedError(400)
        return self.data


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent back: JSON, a page, or a status alone."""

    status: int = 200
    json: object = None
    page: str | None = None
    media_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """A request that is not carried out."""

    def __init__(
        self, status: int, json: object = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.answer = Answer(status=status, json=json, headers=headers or {})


def unprocessable(field_name: str, key: str, description: str | None = None) -> RefusedError:
    """422 in the shape of the API: `{"errors": {field: [{"key": …, "description": …}]}}`."""
    word = description or key.replace("_", " ")
    return RefusedError(
        422, {"errors": {field_name: [{"key": f"errors.{key}", "description": word}]}}
    )


def required(fields: Mapping[str, object], name: str, *, longest: int | None = None) -> str:
    """A text that must be there.

    Raises:
        RefusedError: 422, since it is absent, empty, no text or too long.
    """
    value = fields.get(name)
    if value is None or value == "":
        raise unprocessable(name, "required")
    if not isinstance(value, str):
        raise unprocessable(name, "invalid")
    if longest is not None and len(value) > longest:
        raise unprocessable(name, "too_long", f"too long: at most {longest} characters")
    return value
