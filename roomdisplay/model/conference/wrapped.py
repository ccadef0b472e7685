"""Opening links that mail filters have wrapped, without asking anybody.

Fetching a wrapper would consume one-time links, tell the sender that somebody looked, and let a
stranger choose what our server connects to. What does not carry its target stays closed.
"""

from __future__ import annotations

import base64
import binascii
import html
from collections.abc import Callable
from urllib.parse import unquote

from roomdisplay.model.conference.address import (
    Address,
    AddressError,
    Refusal,
    host_within,
    parse_address,
)

ROUNDS = 8
"""How many wrappers around one link are opened."""

_RUN_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

_PARAMETER_WRAPPERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # host and below it; start of the path; the parameters that may hold the target
    ("safelinks.protection.outlook.com", "/", ("url",)),
    ("safelinks.protection.office365.us", "/", ("url",)),
    ("statics.teams.cdn.office.net", "/evergreen-assets/safelinks/", ("url",)),
    ("linkprotect.cudasvc.com", "/url", ("a",)),
    ("protect2.fireeye.com", "/", ("u",)),
    ("clicktime.symantec.com", "/", ("u",)),
    ("slack-redir.net", "/link", ("url",)),
)
_OPAQUE = ("mimecast.com", "mimecastprotect.com")
_TEAMS_HOSTS = (
    "teams.microsoft.com",
    "teams.cloud.microsoft",
    "teams.live.com",
    "gov.teams.microsoft.us",
    "dod.teams.microsoft.us",
)
_PROOFPOINT = ("urldefense.proofpoint.com", "urldefense.com", "urldefense.us")


def unwrap(text: str) -> Address:
    """The address a link leads to, all wrappers taken off and each layer read strictly.

    Raises:
        AddressError: a layer is refused, a wrapper does not carry its target, or there are more
            than `ROUNDS` of them.
    """
    for _ in range(ROUNDS + 1):
        address = parse_address(_web_form(text))
        inner = _inner(address)
        if inner is None:
            return address
        text = inner
    raise AddressError(Refusal.OPAQUE)


def _inner(address: Address) -> str | None:
    """The link inside a wrapper, or None if the address is none."""
    for host, path, names in _PARAMETER_WRAPPERS:
        if host_within(address.host, host) and address.path.startswith(path):
            return _parameter(address, names)
    if _is_google(address.host) and address.path == "/url":
        return _parameter(address, ("q", "url"))
    if address.host in _PROOFPOINT:
        return _proofpoint(address)
    if address.host == "secure-web.cisco.com":
        return unquote(address.path.rpartition("/")[2])
    if any(host_within(address.host, host) for host in _OPAQUE):
        raise AddressError(Refusal.OPAQUE)
    if address.host in _TEAMS_HOSTS:
        return _teams(address)
    return None


def _teams(address: Address) -> str | None:
    """The meeting behind Teams' launcher page, or in the fragment of its web client's address."""
    if address.path.lower() == "/dl/launcher/launcher.html":
        target = unquote(address.parameter("url") or "")
    elif address.path in {"/_", "/_/", "/v2", "/v2/"} and address.fragment.startswith("/"):
        target = f"/_#{address.fragment}"
    else:
        return None
    # Only a place on the same host: the launcher is an open redirect otherwise.
    path = target.removeprefix("/_#")
    if not path.startswith(("/l/meetup-join/", "/meet/")):
        raise AddressError(Refusal.NOT_A_MEETING)
    return f"https://{address.host}{path}"


def _parameter(address: Address, names: tuple[str, ...]) -> str:
    """The first of the parameters, decoded exactly once: the target's own escapes must survive."""
    for name in names:
        value = address.parameter(name)
        if value:
            return unquote(value)
    raise AddressError(Refusal.OPAQUE)


def _is_google(host: str) -> bool:
    match host.removeprefix("www.").split("."):
        case ["google", top]:
            return top == "com" or len(top) == 2  # noqa: PLR2004 -- country codes have two letters
        case ["google", "com" | "co", country]:
            return len(country) == 2  # noqa: PLR2004 -- as above
    return False


def _proofpoint(address: Address) -> str:
    decoders: dict[str, Callable[[Address], str]] = {
        "v1": lambda a: html.unescape(unquote(a.parameter("u") or "")),
        "v2": lambda a: html.unescape(
            unquote((a.parameter("u") or "").replace("-", "%").replace("_", "/"))
        ),
        "v3": _proofpoint_v3,
    }
    decoder = decoders.get(address.segments[0].lower() if address.segments else "")
    if decoder is None:
        raise AddressError(Refusal.OPAQUE)
    try:
        return decoder(address)
    except ValueError:
        # html.unescape stumbles over numbers of thousands of digits; bad base64 and UTF-8 too.
        raise AddressError(Refusal.OPAQUE) from None


def _proofpoint_v3(address: Address) -> str:
    """`/v3/__URL__;BASE64!!…`: each star stands for a character listed in the base64 part.

    `*` takes one character, `**X` a run of them: X is the length's letter, "A" meaning two.
    """
    raw = address.url.partition("/v3/__")[2]
    body, end, tail = raw.rpartition("__;")
    if not end:
        raise ValueError("no end mark")
    encoded = tail.partition("!")[0]
    try:
        spare = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("bad list of characters") from error
    result: list[str] = []
    position = taken = 0
    while position < len(body):
        length, step = 1, 1
        if body[position] != "*":
            result.append(body[position])
            position += 1
            continue
        if body.startswith("**", position) and body[position + 2 : position + 3] in _RUN_LETTERS:
            letter = body[position + 2 : position + 3]
            length, step = (_RUN_LETTERS.index(letter) + 2, 3) if letter else (1, 1)
        if taken + length > len(spare):
            raise ValueError("too few characters listed")
        result.append(spare[taken : taken + length])
        taken += length
        position += step
    link = "".join(result)
    # Filters on the way merge the double slash.
    return link if "://" in link else link.replace(":/", "://", 1)


def _web_form(text: str) -> str:
    """The https form of the addresses that only a vendor's own program can open."""
    scheme, separator, rest = text.partition("://")
    if separator and scheme.lower() in {"zoommtg", "zoomus"}:
        return _zoom_web_form(rest)
    return text


def _zoom_web_form(rest: str) -> str:
    """`zoommtg://zoom.us/join?confno=…&pwd=…` → `https://zoom.us/j/…?pwd=…`."""
    address = parse_address(f"https://{rest}")
    number = address.parameter("confno") or ""
    if not number.isdecimal() or not number.isascii():
        raise AddressError(Refusal.NOT_A_MEETING)
    password = address.parameter("pwd")
    return f"https://{address.host}/j/{number}" + (f"?pwd={password}" if password else "")
