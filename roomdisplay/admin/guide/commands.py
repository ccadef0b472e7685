"""The single commands of Step 1; the pages write names into them, the script its variables.

Cmdlets and parameters are those of Microsoft's reference of Exchange PowerShell.
"""

from __future__ import annotations

from roomdisplay.admin.guide.powershell import (
    Argument,
    Call,
    Phrase,
    Pipeline,
    Scalar,
    Variable,
    Word,
    call,
    each,
    pipe,
)

SCOPE = "RoomDisplayRooms"
"""The management scope: room mailboxes, and nothing else."""
IMPERSONATION = "RoomDisplayImpersonation"
CALENDARS = "RoomDisplayCalendars"
"""Role assignments."""
APP = "Room Display"
CALENDAR_ROLE = "Application Calendars.ReadWrite"
ROOM_ADDRESS = Variable("_.PrimarySmtpAddress")
_UNLIMITED = Word("Unlimited")
_ROOMS = Phrase("RecipientTypeDetails -eq 'RoomMailbox'")
KEPT: dict[str, Scalar] = {
    "AutomateProcessing": Word("AutoAccept"),
    "DeleteSubject": False,
    "AddOrganizerToSubject": False,
    "DeleteComments": False,
    "RemovePrivateProperty": False,
}
"""So that title, body, conference link and private flag survive (Set-CalendarProcessing)."""


def make_account(name: Argument, account: Argument, prompt: str, *, online: bool) -> Call:
    """A mailbox for the service account; its password is asked for on the spot, never stored."""
    password = call("Read-Host", AsSecureString=None, Prompt=prompt)
    if online:
        return call("New-Mailbox", Name=name, MicrosoftOnlineServicesID=account, Password=password)
    return call(
        "New-Mailbox",
        Name=name,
        UserPrincipalName=account,
        PrimarySmtpAddress=account,
        Password=password,
    )


def find_mailbox(address: Argument) -> Call:
    """The mailbox of an address."""
    return call("Get-Mailbox", Identity=address)


def all_rooms() -> Call:
    """Every room mailbox."""
    return call("Get-Mailbox", RecipientTypeDetails=Word("RoomMailbox"), ResultSize=_UNLIMITED)


def make_scope() -> Call:
    """A scope of room mailboxes."""
    return call("New-ManagementScope", Name=SCOPE, RecipientRestrictionFilter=_ROOMS)


def find_scope() -> Call:
    """The scope of room mailboxes."""
    return call("Get-ManagementScope", Identity=SCOPE)


def assign_impersonation(account: Argument) -> Call:
    """Let the service account act for room mailboxes, and for no others."""
    return call(
        "New-ManagementRoleAssignment",
        Name=IMPERSONATION,
        Role="ApplicationImpersonation",
        User=account,
        CustomRecipientWriteScope=SCOPE,
    )


def find_impersonation(account: Argument) -> Call:
    """Whether the service account has the role, by whichever assignment."""
    return call(
        "Get-ManagementRoleAssignment", Role="ApplicationImpersonation", RoleAssignee=account
    )


def find_grant() -> Call:
    """The app's role assignment."""
    return call("Get-ManagementRoleAssignment", Identity=CALENDARS)


def list_impersonators() -> Call:
    """Who may impersonate."""
    return call(
        "Get-ManagementRoleAssignment", Role="ApplicationImpersonation", GetEffectiveUsers=None
    )


def make_room(name: Argument, address: Argument) -> Call:
    """A resource calendar."""
    return call("New-Mailbox", Name=name, Room=None, PrimarySmtpAddress=address)


def install_module() -> Call:
    """The module that connects to Exchange Online."""
    return call("Install-Module", Name="ExchangeOnlineManagement", Scope=Word("CurrentUser"))


def connect_online(*, mfa: bool) -> Call:
    """Sign in to Exchange Online."""
    if mfa:
        return call("Connect-ExchangeOnline")
    return call("Connect-ExchangeOnline", Credential=call("Get-Credential"))


def connect_server(prompt: str) -> tuple[Pipeline, Pipeline]:
    """A session on an Exchange server, from any machine of its domain."""
    server = call("Read-Host", Prompt=prompt)
    session = call(
        "New-PSSession",
        ConfigurationName="Microsoft.Exchange",
        ConnectionUri=server,
        Authentication=Word("Kerberos"),
        Credential=call("Get-Credential"),
    )
    use = call("Import-PSSession", Session=Variable("Session"), DisableNameChecking=None)
    return pipe(session, kept_in="Session"), pipe(use)


def make_list(room_list: Argument) -> Call:
    """A room list."""
    return call("New-DistributionGroup", Name=room_list, RoomList=None)


def find_list(room_list: Argument) -> Call:
    """The group of a name."""
    return call("Get-DistributionGroup", Identity=room_list)


def members(room_list: Argument) -> Call:
    """What a room list holds."""
    return call("Get-DistributionGroupMember", Identity=room_list, ResultSize=_UNLIMITED)


def add_room(room_list: Argument, room: Argument) -> Call:
    """Put a room into the list."""
    return call("Add-DistributionGroupMember", Identity=room_list, Member=room)


def add_all_rooms(room_list: Argument) -> Pipeline:
    """Put every room mailbox into the list."""
    return pipe(all_rooms(), each(add_room(room_list, ROOM_ADDRESS)))


def keep_meetings(room: Argument) -> Call:
    """Let what a meeting says survive in the room's calendar."""
    return call("Set-CalendarProcessing", Identity=room, **KEPT)


def keep_all_meetings() -> Pipeline:
    """The same for every room mailbox."""
    return pipe(all_rooms(), call("Set-CalendarProcessing", **KEPT))


def look_at_processing(room: Argument) -> Call:
    """What a room does with invitations."""
    return call("Get-CalendarProcessing", Identity=room)


def register_app(client_id: Argument, object_id: Argument) -> Call:
    """Make the app known to Exchange Online."""
    return call("New-ServicePrincipal", AppId=client_id, ObjectId=object_id, DisplayName=APP)


def find_app(object_id: Argument) -> Call:
    """The app as Exchange Online knows it."""
    return call("Get-ServicePrincipal", Identity=object_id)


def grant_calendars(object_id: Argument) -> Call:
    """Let the app read and write the calendars of room mailboxes, and of no others."""
    return call(
        "New-ManagementRoleAssignment",
        Name=CALENDARS,
        App=object_id,
        Role=CALENDAR_ROLE,
        CustomResourceScope=SCOPE,
    )


def test_access(app: Argument, room: Argument) -> Call:
    """Whether the app reaches a room; it asks past the cache."""
    return call("Test-ServicePrincipalAuthorization", Identity=app, Resource=room)


def test_any_room(app: Argument) -> Pipeline:
    """The same for one room, whichever comes first."""
    one = call("Get-Mailbox", RecipientTypeDetails=Word("RoomMailbox"), ResultSize=1)
    return pipe(one, each(test_access(app, ROOM_ADDRESS)))
