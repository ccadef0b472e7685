"""The order of elements that Exchange holds its callers to.

The server checks each request against its schema, in which nearly everything is a sequence: an
element that is known but in the wrong place is refused as much as one that is unknown.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from .soap import MESSAGES, TYPES, Element, SoapFault, children, local


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ITEM: Final = """
    MimeContent ItemId ParentFolderId ItemClass Subject Sensitivity Body Attachments
    DateTimeReceived Size Categories Importance InReplyTo IsSubmitted IsDraft IsFromMe IsResend
    IsUnmodified InternetMessageHeaders DateTimeSent DateTimeCreated ResponseObjects ReminderDueBy
    ReminderIsSet ReminderNextTime ReminderMinutesBeforeStart DisplayCc DisplayTo DisplayBcc
    HasAttachments ExtendedProperty Culture EffectiveRights LastModifiedName LastModifiedTime
    IsAssociated WebClientReadFormQueryString WebClientEditFormQueryString ConversationId UniqueBody
    Flag StoreEntryId InstanceKey NormalizedBody EntityExtractionResult PolicyTag ArchiveTag
    RetentionDate Preview RightsManagementLicenseData PredictedActionReasons IsClutter BlockStatus
    HasBlockedImages TextBody IconIndex"""

_CALENDAR: Final = """
    UID RecurrenceId DateTimeStamp Start End OriginalStart IsAllDayEvent LegacyFreeBusyStatus
    Location When IsMeeting IsCancelled IsRecurring MeetingRequestWasSent IsResponseRequested
    CalendarItemType MyResponseType Organizer RequiredAttendees OptionalAttendees Resources
    InboxReminders ConflictingMeetingCount AdjacentMeetingCount ConflictingMeetings
    AdjacentMeetings Duration TimeZone AppointmentReplyTime AppointmentSequenceNumber
    AppointmentState Recurrence FirstOccurrence LastOccurrence ModifiedOccurrences
    DeletedOccurrences MeetingTimeZone StartTimeZone EndTimeZone ConferenceType
    AllowNewTimeProposal IsOnlineMeeting MeetingWorkspaceUrl NetShowUrl EnhancedLocation
    StartWallClock EndWallClock StartTimeZoneId EndTimeZoneId IntendedFreeBusyStatus
    JoinOnlineMeetingUrl OnlineMeetingSettings IsOrganizer CalendarActivityData
    DoNotForwardMeeting"""
CALENDAR_ITEM: Final = _names(_ITEM + _CALENDAR)
"""All elements of a t:CalendarItem, in the order of the schema."""

_REPLY: Final = """
    ItemClass Sensitivity Body Attachments InternetMessageHeaders Sender ToRecipients CcRecipients
    BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested From ReferenceItemId
    ProposedStart ProposedEnd"""
_CANCEL: Final = """
    Subject Body ToRecipients CcRecipients BccRecipients IsReadReceiptRequested
    IsDeliveryReceiptRequested From ReferenceItemId NewBodyContent"""
_VIEWS: Final = "IndexedPageItemView FractionalPageItemView CalendarView ContactsView"

_SEQUENCES: Final = {
    (MESSAGES, name): _names(order)
    for name, order in {
        "FindItem": f"ItemShape {_VIEWS} GroupBy Restriction SortOrder ParentFolderIds QueryString",
        "GetItem": "ItemShape ItemIds",
        "CreateItem": "SavedItemFolderId Items",
        "UpdateItem": "SavedItemFolderId ItemChanges",
        "DeleteItem": "ItemIds",
        "SyncFolderItems": "ItemShape SyncFolderId SyncState Ignore MaxChangesReturned SyncScope",
        "SyncFolderHierarchy": "FolderShape SyncFolderId SyncState",
        "Subscribe": "PullSubscriptionRequest PushSubscriptionRequest StreamingSubscriptionRequest",
        "StreamingSubscriptionRequest": "FolderIds EventTypes",
        "GetStreamingEvents": "SubscriptionIds ConnectionTimeout",
        "Unsubscribe": "SubscriptionId",
        "GetFolder": "FolderShape FolderIds",
        "FindFolder": "FolderShape IndexedPageFolderView FractionalPageFolderView Restriction "
        "ParentFolderIds",
        "CreateFolder": "ParentFolderId Folders",
        "DeleteFolder": "FolderIds",
        "GetRoomLists": "",
        "GetRooms": "RoomList",
        "ResolveNames": "ParentFolderIds UnresolvedEntry",
        "ExpandDL": "Mailbox",
        "GetServerTimeZones": "Ids",
        "ConvertId": "SourceIds",
        "GetUserConfiguration": "UserConfigurationName UserConfigurationProperties",
        "GetUserAvailabilityRequest": "TimeZone MailboxDataArray FreeBusyViewOptions "
        "SuggestionsViewOptions",
        "ItemShape": "BaseShape IncludeMimeContent BodyType UniqueBodyType NormalizedBodyType "
        "FilterHtmlContent ConvertHtmlCodePageToUTF8 InlineImageUrlTemplate BlockExternalImages "
        "AddBlankTargetToLinks MaximumBodySize AdditionalProperties",
        "FolderShape": "BaseShape AdditionalProperties",
    }.items()
} | {
    (TYPES, name): _names(order)
    for name, order in {
        "CalendarItem": " ".join(CALENDAR_ITEM),
        "AcceptItem": _REPLY,
        "TentativelyAcceptItem": _REPLY,
        "DeclineItem": _REPLY,
        "CancelCalendarItem": _CANCEL,
        "ItemChange": "ItemId OccurrenceItemId RecurringMasterItemId Updates CalendarActivityData",
        "Attendee": "Mailbox ResponseType LastResponseTime ProposedStart ProposedEnd",
        "Mailbox": "Name EmailAddress RoutingType MailboxType ItemId OriginalDisplayName",
        "RoomList": "Name EmailAddress RoutingType MailboxType",
        "ExtendedProperty": "ExtendedFieldURI Value Values",
        "ConnectingSID": "PrincipalName SID PrimarySmtpAddress SmtpAddress",
        "ExchangeImpersonation": "ConnectingSID",
        "MailboxData": "Email AttendeeType ExcludeConflicts",
        "FreeBusyViewOptions": "TimeWindow MergedFreeBusyIntervalInMinutes RequestedView",
        "TimeWindow": "StartTime EndTime",
    }.items()
}
_REPEATED: Final = {"ExtendedProperty", "UnresolvedEntry"}


def check(element: Element) -> None:
    """Hold a part of a request, and all below it, to the schema.

    Raises:
        SoapFault: ErrorSchemaValidation, as the whole request is refused for it.
    """
    for one in element.iter("*"):
        name = str(one.tag).removeprefix("{").split("}")
        order = _SEQUENCES.get((name[0], name[-1]))
        if order is not None:
            _check_sequence(one, order)


def _check_sequence(element: Element, order: tuple[str, ...]) -> None:
    reached = -1
    for child in children(element):
        name = local(child)
        place = order.index(name) if name in order else -1
        if place < reached or place < 0 or (place == reached and name not in _REPEATED):
            spaces = [etree.QName(one).namespace for one in (element, child)]
            violation = (
                f"The element '{local(element)}' in namespace '{spaces[0]}' has invalid child "
                f"element '{name}' in namespace '{spaces[1]}'."
            )
            said = f"The request failed schema validation: {violation}"
            raise SoapFault("ErrorSchemaValidation", said, violation=violation)
        reached = place


def require(element: Element, *attributes: str) -> None:
    """Hold an element to its required attributes.

    Raises:
        SoapFault: one is missing.
    """
    for name in attributes:
        if element.get(name) is None:
            violation = f"The required attribute '{name}' is missing."
            said = f"The request failed schema validation: {violation}"
            raise SoapFault("ErrorSchemaValidation", said, violation=violation)
