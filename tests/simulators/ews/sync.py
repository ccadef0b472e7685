"""SyncFolderItems: what changed since a state.

It knows nothing of calendars: a series is one item, and a state is of one mailbox.
"""

from __future__ import annotations

import base64
from typing import Final

from simulators.organisation import Mailbox

from .access import Caller
from .fields import Shown
from .folders import CALENDAR, Folder, Folders
from .ids import ItemKey, item_id
from .reading import Terms
from .shape import Shape, render
from .soap import (
    NAMES,
    Element,
    EwsError,
    SoapFault,
    children,
    m,
    message,
    refusal,
    response,
    t,
    text,
)

MOST_CHANGES: Final = 512


def sync_items(caller: Caller, request: Element, folders: Folders, terms: Terms) -> Element:
    """The operation SyncFolderItems: what changed since a state; series as one."""
    shape = Shape.read(request.find("m:ItemShape", NAMES), terms.version)
    try:
        (place,) = children(request.find("m:SyncFolderId", NAMES))
        folder = folders.resolve(caller, place)
        found = _sync(folder, request, shape, terms)
    except EwsError as problem:
        nothing = (m("SyncState"), m("IncludesLastItemInRange", "true"), m("Changes"))
        said = refusal("SyncFolderItemsResponseMessage", problem, *nothing)
        return response("SyncFolderItems", [said])
    return response("SyncFolderItems", [found])


def _sync(folder: Folder, request: Element, shape: Shape, terms: Terms) -> Element:
    most = int(text(request, "m:MaxChangesReturned", "0") or 0)
    if not 1 <= most <= MOST_CHANGES:
        said = "The request failed schema validation: MaxChangesReturned is from 1 to 512."
        raise SoapFault("ErrorSchemaValidation", said, violation=said)
    mailbox = folder.mailbox
    since = _read_state(mailbox, text(request, "m:SyncState"))
    changes = mailbox.changes_since(since) if folder.name == CALENDAR else []
    last = {change.item_id: change for change in changes}
    pending = sorted(last.values(), key=lambda change: change.version)
    known = {change.item_id for change in changes if change.kind == "created"}
    part = pending[:most]
    told: list[Element] = []
    for change in part:
        one = mailbox.find(change.item_id)
        if one is None:
            if change.item_id not in known:
                gone = item_id(ItemKey(mailbox.address, change.item_id))
                told.append(t("Delete", t("ItemId", Id=gone, ChangeKey="DwAAAA==")))
            continue
        kind = "Create" if change.item_id in known else "Update"
        shown = Shown(mailbox, one, terms.zone, listed=True)
        told.append(t(kind, render(shown, shape)))
    whole = len(part) == len(pending)
    reached = mailbox.version if whole else part[-1].version
    return message(
        "SyncFolderItemsResponseMessage",
        m("SyncState", _state(mailbox, reached)),
        m("IncludesLastItemInRange", "true" if whole else "false"),
        m("Changes", *told),
    )


def _state(mailbox: Mailbox, version: int) -> str:
    return base64.b64encode(f"sync\0{mailbox.object_id}\0{version}".encode()).decode()


def _read_state(mailbox: Mailbox, state: str) -> int:
    if not state:
        return 0
    try:
        said, owner, version = base64.b64decode(state, validate=True).decode().split("\0")
        reached = int(version)
    except ValueError as broken:
        raise EwsError("ErrorInvalidSyncStateData") from broken
    if said != "sync" or owner != mailbox.object_id or reached > mailbox.version:
        raise EwsError("ErrorInvalidSyncStateData")
    return reached
