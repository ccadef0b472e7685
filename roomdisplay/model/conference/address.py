"""One strict reading of a web address, done before anything is believed about it.

A browser's parser forgives much (a backslash for a slash, tabs in the host, `user@` before it),
and each pardon is a way to make a link look like one host and open another. So nothing is forgiven
here: what passes means the same to every parser.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LENGTH_LIMIT = 4096
"""Characters of an address; a Teams link wrapped twice has about 1,500."""

_HOST_LIMIT = 253
_LABEL_LIMIT = 63
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")
_PRINTABLE = frozenset(chr(code) for code in range(0x21, 0x7F)) - frozenset("\\<>")


class Refusal(StrEnum):
    """Why an address is not opened."""

    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    """A control character, a space, a backslash, or anything that is not ASCII."""
    NOT_HTTPS = "not_https"
    USER_IN_ADDRESS = "user_in_address"
    """`user@host`, the classic disguise."""
    PORT = "port"
    HOST = "host"
    """Not a host name: an IP address, a percent sign, a look-alike in another script, punycode."""
    PATH = "path"
    """Dot segments, which make the path that is judged differ from the one that is opened."""
    UNKNOWN_HOST = "unknown_host"
    """The host belongs to no conference service."""
    OPAQUE = "opaque"
    """A link-protection service's address that does not carry its target."""
    NOT_A_MEETING = "not_a_meeting"
    """A service's own host, but no page on which a meeting is joined."""
    REGISTRATION = "registration"
    RECORDING = "recording"
    OPTIONS = "options"
    DIAL_IN_PAGE = "dial_in_page"


class AddressError(ValueError):
    """The address is refused; the reason says why and the message never quotes the address."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Address:
    """An https address in parts; path, query and fragment are kept to the byte.

    Services compare links byte by byte (Teams refuses one whose percent signs were re-written), so
    only the host is normalised: lower case, no trailing dot, no port.
    """

    host: str
    path: str
    query: str
    """Without its question mark; empty if there is none."""
    fragment: str
    """Without its hash; some services keep the meeting's key in it."""

    @property
    def url(self) -> str:
        """The address as one string."""
        query = f"?{self.query}" if self.query else ""
        fragment = f"#{self.fragment}" if self.fragment else ""
        return f"https://{self.host}{self.path}{query}{fragment}"

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the path, raw; a trailing slash adds none."""
        return tuple(self.path.removesuffix("/").split("/")[1:])

    def parameter(self, name: str) -> str | None:
        """The raw value of a query parameter, names compared without case; None if it is absent."""
        for part in self.query.split("&"):
            key, separator, value = part.partition("=")
            if separator and key.lower() == name:
                return value
        return None


def parse_address(text: str) -> Address:
    """Read an address strictly.

    Raises:
        AddressError: it is not an https address of a named host, written plainly.
    """
    if len(text) > LENGTH_LIMIT:
        raise AddressError(Refusal.TOO_LONG)
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.lower() != "https":
        raise AddressError(Refusal.NOT_HTTPS)
    head, hash_mark, fragment = rest.partition("#")
    head, question_mark, query = head.partition("?")
    authority, slash, path = head.partition("/")
    del hash_mark, question_mark
    host = _host(authority)
    if not _PRINTABLE.issuperset(text):
        raise AddressError(Refusal.CHARACTERS)
    path = f"/{path}" if slash else "/"
    if any(part.lower().replace("%2e", ".") in {".", ".."} for part in path.split("/")):
        raise AddressError(Refusal.PATH)
    return Address(host, path, query, fragment)


def _host(authority: str) -> str:
    if "@" in authority:
        raise AddressError(Refusal.USER_IN_ADDRESS)
    name, colon, port = authority.partition(":")
    if colon and port != "443":
        raise AddressError(Refusal.PORT)
    host = name.lower().removesuffix(".")
    labels = host.split(".")
    plain = (
        name.isascii()
        and len(host) <= _HOST_LIMIT
        and _HOST_CHARACTERS.issuperset(host)
        and len(labels) > 1
        and all(_is_label(label) for label in labels)
        # A numeric last label makes browsers read the whole name as an IPv4 address.
        and not labels[-1].isdigit()
    )
    if not plain:
        raise AddressError(Refusal.HOST)
    return host


def _is_label(label: str) -> bool:
    return (
        0 < len(label) <= _LABEL_LIMIT
        and not label.startswith(("-", "xn--"))
        and not label.endswith("-")
    )


def host_within(host: str, name: str) -> bool:
    """Whether `host` is `name` or lies below it; `evilzoom.us` does not lie below `zoom.us`."""
    return host == name or host.endswith(f".{name}")
