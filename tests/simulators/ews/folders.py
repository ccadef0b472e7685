"""Folders: the well-known ones of each mailbox, and those that clients make for themselves.

Only the calendar and folders made by clients hold items; the others are there and empty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from simulators.organisation import Item, Mailbox

from .access import Caller
from .ids import FolderKey, folder_id, read_folder_id
from .restriction import matches
from .soap import (
    NAMES,
    Element,
    EwsError,
    children,
    instant,
    local,
    m,
    message,
    refusal,
    response,
    t,
    text,
)

CALENDAR: Final = "calendar"
_TOP: Final = "msgfolderroot"
_KNOWN: Final = {
    "root": ("Root", "", None),
    _TOP: ("Top of Information Store", "IPF.Note", "root"),
    CALENDAR: ("Calendar", "IPF.Appointment", _TOP),
    "inbox": ("Inbox", "IPF.Note", _TOP),
    "contacts": ("Contacts", "IPF.Contact", _TOP),
    "tasks": ("Tasks", "IPF.Task", _TOP),
    "sentitems": ("Sent Items", "IPF.Note", _TOP),
    "drafts": ("Drafts", "IPF.Note", _TOP),
    "deleteditems": ("Deleted Items", "IPF.Note", _TOP),
    "junkemail": ("Junk Email", "IPF.Note", _TOP),
    "outbox": ("Outbox", "IPF.Note", _TOP),
}
_TAGS: Final = {"IPF.Appointment": "CalendarFolder", "IPF.Contact": "ContactsFolder",
                "IPF.Task": "TasksFolder"}  # fmt: skip
_CHANGE_KEY: Final = "AgAAABYAAAA="


@dataclass(frozen=True)
class Folder:
    """One folder of one mailbox."""

    mailbox: Mailbox
    name: str
    """A distinguished name, or the number of a folder that a client made."""


@dataclass
class Made:
    """A folder that a client made, with the calendar items in it, by their own ids."""

    parent: str
    display_name: str
    folder_class: str
    items: dict[str, Item] = field(default_factory=dict)


@dataclass
class Folders:
    """The operations on folders, and the folders made."""

    made: dict[tuple[str, str], Made] = field(default_factory=dict)
    version: int = 0

    def get(self, caller: Caller, request: Element) -> Element:
        """GetFolder."""
        return self._each(caller, request, "GetFolder", self._shown)

    def find(self, caller: Caller, request: Element) -> Element:
        """FindFolder: the folders right below, or all below, by Traversal."""
        shape = request.find("m:FolderShape", NAMES)
        restriction = request.find("m:Restriction", NAMES)
        said = []
        for one in children(request.find("m:ParentFolderIds", NAMES)):
            try:
                parent = self.resolve(caller, one)
                below = self._below(parent, deep=request.get("Traversal") == "Deep")
                shown = [
                    self._shown(folder, shape)
                    for folder in below
                    if restriction is None or matches(restriction, self._reader(folder))
                ]
                view = request.find("m:IndexedPageFolderView", NAMES)
                said.append(message("FindFolderResponseMessage", _page(shown, view)))
            except EwsError as problem:
                said.append(refusal("FindFolderResponseMessage", problem))
        return response("FindFolder", said)

    def hierarchy(self, caller: Caller, request: Element) -> Element:
        """SyncFolderHierarchy: all folders at first, then none, unless one was made."""
        state = text(request, "m:SyncState")
        top = Folder(caller.acting, _TOP)
        shape = request.find("m:FolderShape", NAMES)
        fresh = state != f"hierarchy{self.version}"
        found = self._below(top, deep=True) if fresh else []
        changes = [t("Create", self._shown(one, shape)) for one in found]
        said = message(
            "SyncFolderHierarchyResponseMessage",
            m("SyncState", f"hierarchy{self.version}"),
            m("IncludesLastFolderInRange", "true"),
            m("Changes", *changes),
        )
        return response("SyncFolderHierarchy", [said])

    def create(self, caller: Caller, request: Element) -> Element:
        """CreateFolder."""
        said = []
        for one in children(request.find("m:Folders", NAMES)):
            try:
                (place,) = children(request.find("m:ParentFolderId", NAMES))
                parent = self.resolve(caller, place)
                caller.writes(parent.mailbox)
                folder = self._make(parent, one)
                shown = t(local(one), folder_reference(folder.mailbox, folder.name, "FolderId"))
                said.append(message("CreateFolderResponseMessage", m("Folders", shown)))
            except EwsError as problem:
                said.append(refusal("CreateFolderResponseMessage", problem))
        return response("CreateFolder", said)

    def _make(self, parent: Folder, wanted: Element) -> Folder:
        name = text(wanted, "t:DisplayName")
        twins = [self.made.get((one.mailbox.address, one.name)) for one in self._below(parent)]
        if any(twin is not None and twin.display_name == name for twin in twins):
            said = "A folder with the specified name already exists."
            raise EwsError("ErrorFolderExists", said)
        self.version += 1
        folder = Folder(parent.mailbox, f"made{self.version}")
        kind = text(wanted, "t:FolderClass", "IPF.Note")
        self.made[folder.mailbox.address, folder.name] = Made(parent.name, name, kind)
        return folder

    def delete(self, caller: Caller, request: Element) -> Element:
        """DeleteFolder; the well-known ones stay."""

        def gone(folder: Folder, _shape: Element | None) -> None:
            caller.writes(folder.mailbox)
            key = (folder.mailbox.address, folder.name)
            if key not in self.made:
                said = "Distinguished folders cannot be deleted."
                raise EwsError("ErrorDeleteDistinguishedFolder", said)
            del self.made[key]
            self.version += 1

        return self._each(caller, request, "DeleteFolder", gone)

    def _each(
        self,
        caller: Caller,
        request: Element,
        operation: str,
        answer: Callable[[Folder, Element | None], Element | None],
    ) -> Element:
        shape = request.find("m:FolderShape", NAMES)
        name = f"{operation}ResponseMessage"
        said = []
        for one in children(request.find("m:FolderIds", NAMES)):
            try:
                shown = answer(self.resolve(caller, one), shape)
                said.append(message(name, None if shown is None else m("Folders", shown)))
            except EwsError as problem:
                said.append(refusal(name, problem))
        return response(operation, said)

    def resolve(self, caller: Caller, wanted: Element) -> Folder:
        """The folder of an id, when it is open to the caller.

        Raises:
            EwsError: there is none, or it is closed.
        """
        folder = resolve(caller, wanted)
        key = (folder.mailbox.address, folder.name)
        if folder.name not in _KNOWN and key not in self.made:
            raise EwsError("ErrorFolderNotFound")
        return folder

    def _below(self, parent: Folder, *, deep: bool = False) -> list[Folder]:
        mailbox = parent.mailbox
        names = [name for name, (_, _, above) in _KNOWN.items() if above == parent.name]
        names += [
            name
            for (address, name), made in self.made.items()
            if address == mailbox.address and made.parent == parent.name
        ]
        found = [Folder(mailbox, name) for name in names]
        if deep:
            found += [one for folder in found for one in self._below(folder, deep=True)]
        return found

    def _facts(self, folder: Folder) -> tuple[str, str, str | None]:
        """Display name, class, and the parent's name."""
        made = self.made.get((folder.mailbox.address, folder.name))
        if made is not None:
            return made.display_name, made.folder_class, made.parent
        return _KNOWN[folder.name]

    def _shown(self, folder: Folder, shape: Element | None) -> Element:
        title, kind, parent = self._facts(folder)
        wanted = [] if shape is None else children(shape.find("t:AdditionalProperties", NAMES))
        whole = shape is not None and text(shape, "t:BaseShape") != "IdOnly"
        names = {(one.get("FieldURI") or "").removeprefix("folder:") for one in wanted}
        tag = _TAGS.get(kind, "Folder")
        count = self._count(folder)
        parts: list[tuple[str, Callable[[], Element]]] = [
            ("FolderClass", lambda: t("FolderClass", kind)),
            ("DisplayName", lambda: t("DisplayName", title)),
            ("TotalCount", lambda: t("TotalCount", str(count))),
            ("ChildFolderCount", lambda: t("ChildFolderCount", str(len(self._below(folder))))),
        ]
        read = self._reader(folder)
        shown = t(tag, folder_reference(folder.mailbox, folder.name, "FolderId"))
        if "ParentFolderId" in names or whole:
            shown.append(folder_reference(folder.mailbox, parent or "root", "ParentFolderId"))
        shown.extend(make() for name, make in parts if (whole and kind) or name in names)
        for one in wanted:
            value = read(one) if local(one) == "ExtendedFieldURI" else None
            if value is not None:
                field_uri = t("ExtendedFieldURI", **{str(k): str(v) for k, v in one.attrib.items()})
                shown.append(t("ExtendedProperty", field_uri, t("Value", value)))
        if "EffectiveRights" in names:
            shown.append(_rights())
        if "DistinguishedFolderId" in names and folder.name in _KNOWN:
            shown.append(t("DistinguishedFolderId", folder.name))
        if tag == "Folder" and (whole or "UnreadCount" in names):
            shown.append(t("UnreadCount", "0"))
        return shown

    def _count(self, folder: Folder) -> int:
        made = self.made.get((folder.mailbox.address, folder.name))
        if made is not None:
            return len(made.items)
        return len(folder.mailbox.items) if folder.name == CALENDAR else 0

    def _reader(self, folder: Folder) -> Callable[[Element], str | None]:
        """What a restriction or a client's own property asks of a folder."""
        title, kind, _ = self._facts(folder)
        changed = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=folder.mailbox.version)
        tags = {
            0x3001: title,
            0x3613: kind,
            0x3008: instant(changed),
            0x670A: instant(changed),
            0x3602: str(self._count(folder)),
            0x3603: "0",
            0x360A: "true" if self._below(folder) else "false",
        }

        def read(path: Element) -> str | None:
            if local(path) == "FieldURI":
                return {"folder:DisplayName": title, "folder:FolderClass": kind}.get(
                    path.get("FieldURI", "")
                )
            tag = path.get("PropertyTag")
            return None if tag is None else tags.get(int(tag, 0))

        return read


def resolve(caller: Caller, wanted: Element) -> Folder:
    """The folder that an id or a distinguished id names.

    Raises:
        EwsError: it cannot be, or its mailbox is closed to the caller.
    """
    name = wanted.get("Id", "")
    if local(wanted) == "FolderId":
        key = read_folder_id(name)
        return Folder(caller.reads(caller.mailbox(key.mailbox)), key.folder)
    if local(wanted) != "DistinguishedFolderId":
        raise EwsError("ErrorInvalidFolderId", "This is no id of a folder.")
    address = text(wanted, "t:Mailbox/t:EmailAddress") or None
    mailbox = caller.mailbox(address)
    if name not in _KNOWN:
        raise EwsError("ErrorFolderNotFound")
    return Folder(caller.reads(mailbox), name)


def folder_reference(mailbox: Mailbox, name: str, tag: str) -> Element:
    """A FolderId, ParentFolderId and the like."""
    identity = folder_id(FolderKey(mailbox.address, name))
    return t(tag, Id=identity, ChangeKey=_CHANGE_KEY)


def _page(shown: list[Element], view: Element | None) -> Element:
    start = 0 if view is None else int(view.get("Offset", "0"))
    most = len(shown) if view is None else int(view.get("MaxEntriesReturned", "1000"))
    part = shown[start : start + most]
    attributes = {"TotalItemsInView": str(len(shown))}
    if view is not None:
        attributes["IndexedPagingOffset"] = str(start + len(part))
    last = "true" if start + len(part) >= len(shown) else "false"
    return m("RootFolder", t("Folders", *part), **attributes, IncludesLastItemInRange=last)


def _rights() -> Element:
    names = ("CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read",
             "ViewPrivateItems")  # fmt: skip
    return t("EffectiveRights", *(t(name, "true") for name in names))
