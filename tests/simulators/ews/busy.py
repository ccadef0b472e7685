"""Throttling to order: ErrorServerBusy in each of the shapes in which servers say it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .soap import Build, EwsError, SoapFault, envelope, fault, refusal, response

Answer = tuple[int, bytes]
"""Status and body."""

_NO_MESSAGES = frozenset({"GetUserAvailability"})
"""Operations whose answer has no place for it."""
SHAPES = ("message", "fault", "unavailable", "inner")


@dataclass
class _Order:
    match: re.Pattern[str]
    shape: str
    code: str
    back_off: int | None
    left: int


@dataclass
class Busy:
    """The refusals that were ordered, and what they met."""

    orders: list[_Order] = field(default_factory=list)
    met: list[str] = field(default_factory=list)

    def order(
        self,
        match: str = "",
        *,
        shape: str = "message",
        code: str = "ErrorServerBusy",
        back_off: int | None = 2000,
        times: int = 1,
    ) -> None:
        """Refuse the next requests.

        Args:
            match: a regular expression that is searched in the operation's name.
            shape: `message` a response message; `fault` a SOAP fault with HTTP 500; `unavailable`
                HTTP 503 without XML; `inner` HTTP 200 with ErrorInternalServerError around it.
            code: of the refusal, such as ErrorExceededConnectionCount.
            back_off: BackOffMilliseconds; None: the server does not say.
            times: how often.
        """
        if shape not in SHAPES:
            raise ValueError(f"no such shape: {shape}")
        self.orders.append(_Order(re.compile(match), shape, code, back_off, times))

    def take(self, operation: str, build: Build) -> Answer | None:
        """The refusal of this request, if one was ordered."""
        for order in self.orders:
            if order.match.search(operation):
                order.left -= 1
                if order.left <= 0:
                    self.orders.remove(order)
                self.met.append(operation)
                return _answer(order, operation, build)
        return None


def _answer(order: _Order, operation: str, build: Build) -> Answer:
    values = {} if order.back_off is None else {"BackOffMilliseconds": str(order.back_off)}
    problem = EwsError(order.code, values=values)
    if order.shape == "fault" or (order.shape == "message" and operation in _NO_MESSAGES):
        return 500, fault(SoapFault(order.code, problem.text, values=values))
    if order.shape == "unavailable":
        return 503, b"<html><body>The service is unavailable.</body></html>"
    if order.shape == "inner":
        inner = {
            "InnerErrorMessageText": problem.text,
            "InnerErrorResponseCode": order.code,
            "InnerErrorDescriptiveLinkKey": "0",
            **values,
        }
        problem = EwsError("ErrorInternalServerError", values=inner)
    return 200, refused(operation, problem, build)


def refused(operation: str, problem: EwsError, build: Build) -> bytes:
    """An answer in which one message refuses the whole operation."""
    if operation in ("GetRoomLists", "GetRooms"):
        return envelope(build, refusal(f"{operation}Response", problem))
    name = f"{operation}ResponseMessage"
    return envelope(build, response(operation, [refusal(name, problem)]))
