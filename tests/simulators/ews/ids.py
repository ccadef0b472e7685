"""The opaque ids that Exchange gives out: long, base64, of one mailbox.

An occurrence of a series has no id of its own in the store: its id is made of the series', as the
organisation does it.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

from .soap import EwsError

_ITEM_BYTES: Final = 114
"""Real item ids are of at least 152 letters; there are clients that tell them by their length."""
_FOLDER_BYTES: Final = 90


@dataclass(frozen=True)
class ItemKey:
    """What an item's id says."""

    mailbox: str
    item: str
    """The organisation's id: of an item, or of one of a series."""


@dataclass(frozen=True)
class FolderKey:
    """What a folder's id says."""

    mailbox: str
    folder: str


def _encode(kind: str, parts: tuple[str, ...], length: int) -> str:
    said = "\0".join((kind, *parts)).encode()
    head = len(said).to_bytes(2, "big") + said
    filler = hashlib.shake_256(head).digest(max(0, length - len(head)))
    whole = head + filler
    whole += bytes(-len(whole) % 3)
    return base64.b64encode(whole).decode()


def _decode(encoded: str, kind: str) -> list[str]:
    try:
        whole = base64.b64decode(encoded, validate=True)
        size = int.from_bytes(whole[:2], "big")
        found, *parts = whole[2 : 2 + size].decode().split("\0")
    except ValueError as broken:
        raise EwsError("ErrorInvalidIdMalformed") from broken
    if found != kind:
        raise EwsError("ErrorInvalidIdMalformed")
    return parts


def item_id(key: ItemKey) -> str:
    """The Id of an ItemId."""
    return _encode("item", (key.mailbox, key.item), _ITEM_BYTES)


def read_item_id(encoded: str) -> ItemKey:
    """What was given out.

    Raises:
        EwsError: ErrorInvalidIdMalformed.
    """
    parts = _decode(encoded, "item")
    if len(parts) != 2:
        raise EwsError("ErrorInvalidIdMalformed")
    return ItemKey(*parts)


def folder_id(key: FolderKey) -> str:
    """The Id of a FolderId."""
    return _encode("folder", (key.mailbox, key.folder), _FOLDER_BYTES)


def read_folder_id(encoded: str) -> FolderKey:
    """What was given out.

    Raises:
        EwsError: ErrorInvalidIdMalformed.
    """
    parts = _decode(encoded, "folder")
    if len(parts) != 2:
        raise EwsError("ErrorInvalidIdMalformed")
    return FolderKey(*parts)
