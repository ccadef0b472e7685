"""The closed set of problems the device protocol speaks of (RFC 9457 problem types).

The `type` of a problem document is ``urn:roomdisplay:problem:<key>``. A display acts on the key and
never on the words; only a document of a registered type counts as an answer of ours, so that a
proxy's page or a captive portal is never mistaken for one.
"""

from __future__ import annotations

from dataclasses import dataclass

TYPE_PREFIX = "urn:roomdisplay:problem:"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A registered problem: what went wrong and what to do about it, in English."""

    key: str
    status: int
    title: str
    todo: str

    @property
    def type(self) -> str:
        """The URI that stands in a problem document."""
        return TYPE_PREFIX + self.key


_ALL = (
    ProblemType("invalid_token", 401, "This display is not paired any more", "Pair it again."),
    ProblemType("use_dpop_nonce", 401, "A nonce is needed", "Repeat the request with the nonce."),
    ProblemType(
        "invalid_dpop_proof",
        401,
        "The proof of possession is not valid",
        "Repeat the request with a new proof.",
    ),
    ProblemType("no_room", 409, "This display has no room", "Give it one under Manage Rooms."),
    ProblemType("not_found", 404, "There is no such thing here", "Fetch the schedule again."),
    ProblemType(
        "invalid_request",
        400,
        "The request cannot be read",
        "Update the display or the Admin Center.",
    ),
    ProblemType("body_too_large", 413, "The request is too large", "Send less."),
    ProblemType(
        "key_reused", 422, "This idempotency key was used for another request", "Use a new key."
    ),
    ProblemType("action_refused", 409, "The room cannot do this now", "Look at the schedule."),
    ProblemType("too_many_requests", 429, "Too many requests", "Wait, then try again."),
    ProblemType("unavailable", 503, "The Admin Center cannot answer now", "Try again soon."),
)
PROBLEMS: dict[str, ProblemType] = {problem.key: problem for problem in _ALL}
"""All registered problems by key."""


def problem_key(type_uri: str) -> str | None:
    """The key of a registered problem type, or None for anybody else's."""
    key = type_uri.removeprefix(TYPE_PREFIX)
    return key if type_uri.startswith(TYPE_PREFIX) and key in PROBLEMS else None
