"""All tables, one file for each subject."""

from roomdisplay.admin.store.tables.audit import AuditEntry
from roomdisplay.admin.store.tables.calendars import Calendar, CalendarConnection, CalendarPicture
from roomdisplay.admin.store.tables.devices import (
    ActivationCode,
    CheckIn,
    Command,
    Device,
    DeviceAuthorization,
    DeviceToken,
    IdempotencyKey,
)
from roomdisplay.admin.store.tables.guide import SentStep
from roomdisplay.admin.store.tables.people import (
    InstallerLink,
    Invitation,
    Person,
    Session,
    Throttle,
)
from roomdisplay.admin.store.tables.push import (
    CalendarHook,
    ConnectionToken,
    Consent,
    DoctorReport,
    PendingConnection,
)
from roomdisplay.admin.store.tables.rooms import Room, RoomSettings
from roomdisplay.admin.store.tables.settings import SettingsScope

__all__ = [
    "ActivationCode",
    "AuditEntry",
    "Calendar",
    "CalendarConnection",
    "CalendarHook",
    "CalendarPicture",
    "CheckIn",
    "Command",
    "ConnectionToken",
    "Consent",
    "Device",
    "DeviceAuthorization",
    "DeviceToken",
    "DoctorReport",
    "IdempotencyKey",
    "InstallerLink",
    "Invitation",
    "PendingConnection",
    "Person",
    "Room",
    "RoomSettings",
    "SentStep",
    "Session",
    "SettingsScope",
    "Throttle",
]
