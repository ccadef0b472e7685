"""People, rooms and their calendars: what stands behind every front.

Organisers act through `Organisation`; the booking attendant of each room answers them. What a front
writes for an application goes through `Mailbox`, and round the attendant, as in the real services.
"""

from simulators.organisation.attendant import Processing
from simulators.organisation.company import Draft, Organisation, RoomList
from simulators.organisation.item import (
    Attendee,
    Instance,
    Item,
    OnlineMeeting,
    Party,
    Recurrence,
    occurrence_id,
)
from simulators.organisation.mailbox import Change, Mailbox

__all__ = [
    "Attendee",
    "Change",
    "Draft",
    "Instance",
    "Item",
    "Mailbox",
    "OnlineMeeting",
    "Organisation",
    "Party",
    "Processing",
    "Recurrence",
    "RoomList",
    "occurrence_id",
]
