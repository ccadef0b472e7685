"""The three fields of Step 1; every command and the script use them, so that all names agree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from roomdisplay.admin.guide.powershell import speakable

ADDRESS_LIMIT = 254
"""Characters of an address (RFC 5321 section 4.5.3.1.3, without its angle brackets)."""
LIST_NAME_LIMIT = 64
"""Characters of a distribution group's name (New-DistributionGroup, -Name)."""
ROOMS_LIMIT = 50
"""Rooms in the field; the script takes any number."""
_ADDRESS = re.compile(
    r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"'.]+(?:\.[^\s@<>()\[\]\\,;:\"'.]+)+"
)
_BETWEEN = re.compile(r"[\s,;]+")


class Variant(StrEnum):
    """Which service, and whether directly or through Cronofy Enterprise Connect."""

    EXCHANGE = "exchange"
    EXCHANGE_CRONOFY = "exchange_cronofy"
    OFFICE365 = "office365"
    OFFICE365_CRONOFY = "office365_cronofy"

    @property
    def service(self) -> str:
        """The tab it stands under: "exchange" or "office365"."""
        return self.value.partition("_")[0]

    @property
    def through_cronofy(self) -> bool:
        """Whether Cronofy stands between."""
        return self.value.endswith("_cronofy")

    @property
    def online(self) -> bool:
        """Whether the commands run in Exchange Online; else on a server of one's own."""
        return self.service == "office365"

    @property
    def fields(self) -> tuple[str, str, str]:
        """The keys of the three fields, in order."""
        if self is Variant.OFFICE365:
            return ("client_id", "object_id", "room_list")
        return ("account", "rooms", "room_list")

    @classmethod
    def of(cls, service: str, through: str) -> Variant | None:
        """The variant of a tab ("exchange", "office365") and a way ("direct", "cronofy")."""
        if through not in {"direct", "cronofy"}:
            return None
        name = f"{service}_cronofy" if through == "cronofy" else service
        return next((one for one in cls if one.value == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideValues:
    """What the IT administrator filled in, validated; made by `read_values`."""

    variant: Variant
    room_list: str
    """The room list's name."""
    account: str = ""
    """The service account's address; empty where an app registration takes its place."""
    rooms: tuple[str, ...] = ()
    """The resource calendars' addresses; none: every room mailbox."""
    client_id: str = ""
    """The app registration's, a UUID."""
    object_id: str = ""
    """The enterprise application's object id, a UUID."""

    def as_fields(self) -> dict[str, str]:
        """What stands in the fields; `read_values` makes the same values of it."""
        texts = {
            "account": self.account,
            "rooms": ", ".join(self.rooms),
            "client_id": self.client_id,
            "object_id": self.object_id,
            "room_list": self.room_list,
        }
        return {key: texts[key] for key in self.variant.fields}


def read_values(variant: Variant, fields: Mapping[str, str]) -> GuideValues | dict[str, str]:
    """The values of the fields as typed, or what is wrong: field → key of its message."""
    wrong: dict[str, str] = {}
    texts = {key: fields.get(key, "").strip() for key in variant.fields}
    for key, text in texts.items():
        if not text:
            wrong[key] = "field_needed"
        elif not speakable(" ".join(text.split())):
            wrong[key] = "guide_unseen"
        elif message := _mistake(key, text):
            wrong[key] = message
    if len({texts[key].lower() for key in ("client_id", "object_id") if key in texts}) == 1:
        wrong.setdefault("object_id", "guide_same_ids")
    if wrong:
        return wrong
    return GuideValues(
        variant=variant,
        room_list=" ".join(texts["room_list"].split()),
        account=texts.get("account", ""),
        rooms=_rooms(texts.get("rooms", "")),
        client_id=texts.get("client_id", "").lower(),
        object_id=texts.get("object_id", "").lower(),
    )


def is_address(text: str) -> bool:
    """Whether `text` looks like the address of a mailbox, and fits."""
    return len(text) <= ADDRESS_LIMIT and speakable(text) and bool(_ADDRESS.fullmatch(text))


def _mistake(key: str, text: str) -> str:
    if key == "account":
        return "" if is_address(text) else "guide_address"
    if key == "rooms":
        rooms = _rooms(text)
        if len(rooms) > ROOMS_LIMIT:
            return "guide_too_many_rooms"
        return "" if all(map(is_address, rooms)) else "guide_address"
    if key == "room_list":
        return "field_too_long" if len(" ".join(text.split())) > LIST_NAME_LIMIT else ""
    return "" if _is_id(text) else "guide_id"


def _rooms(text: str) -> tuple[str, ...]:
    """The addresses between commas, semicolons or blanks; each once, whatever its case."""
    found: dict[str, str] = {}
    for one in filter(None, _BETWEEN.split(text)):
        found.setdefault(one.lower(), one)
    return tuple(found.values())


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
