"""What repairs what the calendar doctor finds: a sentence, and the exact commands where there are.

A reason is named by its connector; here it gets its commands, made of the same builders as Step 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from roomdisplay.admin.guide import commands
from roomdisplay.admin.guide.powershell import Call, Pipeline, Scalar, Word, call, speakable
from roomdisplay.admin.guide.values import LIST_NAME_LIMIT, GuideValues, Variant, is_address
from roomdisplay.connectors.base import Diagnosis

Commands = tuple[Call | Pipeline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """How something is put right."""

    sentence_key: str
    """A key of the catalogue; its parameters are the diagnosis's."""
    commands: Commands = ()
    """In order; none where a name that they need is not known."""
    slow: bool = False
    """Whether it may take up to two hours until it holds."""


@dataclass(frozen=True, slots=True)
class _Names:
    """What is known of the case; empty where it is not."""

    room: str
    account: str
    room_list: str
    app: str
    """The app's client id."""
    object_id: str


def repair_for(diagnosis: Diagnosis, values: GuideValues | None) -> Repair:
    """The repair of a diagnosis; `values` are those of Step 1, as far as they are known."""
    make = _COMMANDS.get(diagnosis.reason)
    made = make(_names(diagnosis.params, values)) if make else ()
    return Repair(
        sentence_key=f"repair.{diagnosis.reason}",
        commands=made,
        slow=diagnosis.reason in _SLOW,
    )


def values_of(service: str, entered: Mapping[str, str]) -> GuideValues | None:
    """What a connection's own settings tell of Step 1; None: it has none."""
    through_cronofy = service == "cronofy"
    tab = entered.get("back_end", "") if through_cronofy else service
    variant = Variant.of(tab, "cronofy" if through_cronofy else "direct")
    if variant is None:
        return None
    client = "" if through_cronofy else entered.get("client_id", "")
    account, room = entered.get("email", ""), entered.get("impersonation_email", "")
    return GuideValues(
        variant=variant,
        room_list="",
        account=account if is_address(account) else "",
        rooms=(room,) if is_address(room) else (),
        client_id=client if speakable(client) else "",
    )


def _names(params: Mapping[str, str], values: GuideValues | None) -> _Names:
    def address(key: str, otherwise: str) -> str:
        text = params.get(key, "")
        return text if is_address(text) else otherwise

    rooms = values.rooms if values else ()
    named = params.get("list", "")
    fits = bool(named) and len(named) <= LIST_NAME_LIMIT and speakable(named)
    return _Names(
        room=address("room", rooms[0] if rooms else ""),
        account=address("account", values.account if values else ""),
        room_list=named if fits else (values.room_list if values else ""),
        app=values.client_id if values else "",
        object_id=values.object_id if values else "",
    )


def _setting(**parameters: Scalar) -> Callable[[_Names], Commands]:
    """One or more settings of a room's calendar processing."""

    def make(names: _Names) -> Commands:
        if not names.room:
            return ()
        return (call("Set-CalendarProcessing", Identity=names.room, **parameters),)

    return make


def _find_room(names: _Names) -> Commands:
    return (commands.find_mailbox(names.room),) if names.room else ()


def _show_room(names: _Names) -> Commands:
    if not names.room:
        return ()
    show = call("Set-Mailbox", Identity=names.room, HiddenFromAddressListsEnabled=False)
    return (commands.find_mailbox(names.room), show)


def _answers(names: _Names) -> Commands:
    if not names.room:
        return ()
    answer = call(
        "Set-CalendarProcessing", Identity=names.room, AutomateProcessing=Word("AutoAccept")
    )
    return (commands.look_at_processing(names.room), answer)


def _impersonate(names: _Names) -> Commands:
    if not names.account:
        return (commands.list_impersonators(),)
    assign = commands.assign_impersonation(names.account)
    return (commands.make_scope(), assign, commands.list_impersonators())


def _delegate(names: _Names) -> Commands:
    if not (names.account and names.room):
        return ()
    give = call(
        "Add-MailboxFolderPermission",
        Identity=f"{names.room}:\\Calendar",
        User=names.account,
        AccessRights=Word("Editor"),
    )
    return (give,)


def _account_mailbox(names: _Names) -> Commands:
    return (call("Enable-Mailbox", Identity=names.account),) if names.account else ()


def _allow_ews(names: _Names) -> Commands:
    if not names.account:
        return ()
    return (call("Set-CASMailbox", Identity=names.account, EwsEnabled=True),)


def _fill_list(names: _Names) -> Commands:
    if not names.room_list:
        return ()
    return (commands.add_all_rooms(names.room_list), commands.members(names.room_list))


def _make_list(names: _Names) -> Commands:
    room_list = names.room_list or "Rooms"
    return (commands.make_list(room_list), commands.add_all_rooms(room_list))


def _grant(names: _Names) -> Commands:
    """Access for the app; without its object id, what tells where it lacks."""
    if not names.app:
        return ()
    test = commands.test_access(names.app, names.room) if names.room else None
    if names.object_id:
        given: Commands = (
            commands.register_app(names.app, names.object_id),
            commands.make_scope(),
            commands.grant_calendars(names.object_id),
        )
    else:
        given = (commands.find_app(names.app),)
    return (*given, *((test,) if test else (commands.test_any_room(names.app),)))


def _reach(names: _Names) -> Commands:
    return (call("Test-ServicePrincipalAuthorization", Identity=names.app),) if names.app else ()


def _policy(names: _Names) -> Commands:
    look = call("Get-ApplicationAccessPolicy")
    if not (names.app and names.room):
        return (look,)
    return (look, call("Test-ApplicationAccessPolicy", Identity=names.room, AppId=names.app))


def _places(names: _Names) -> Commands:
    del names
    return (call("Set-PlacesSettings", EnableBuildings="Default:true"),)


def _virtual_directory(names: _Names) -> Commands:
    del names
    return (call("Get-WebServicesVirtualDirectory", ADPropertiesOnly=None),)


_SLOW = frozenset(
    {
        "office365_access_policy",
        "office365_app_not_consented",
        "office365_permission_missing",
        "office365_places_permission_missing",
        "office365_room_out_of_scope",
        "office365_scope_too_wide",
        "office365_write_missing",
        "exchange_impersonation_denied",
        "exchange_no_access",
    }
)
"""Rights: once they are given, it may take a while until they hold."""
_TITLES = _setting(DeleteSubject=False, AddOrganizerToSubject=False)
_BODIES = _setting(DeleteComments=False)
_PRIVATE = _setting(RemovePrivateProperty=False)
_COMMANDS: dict[str, Callable[[_Names], Commands]] = {
    "office365_bodies_removed": _BODIES,
    "office365_cancelled_kept": _setting(RemoveCanceledMeetings=True),
    "office365_access_policy": _policy,
    "office365_invitation_declined": _answers,
    "office365_invitation_unanswered": _answers,
    "office365_permission_missing": _grant,
    "office365_places_empty": _places,
    "office365_private_removed": _PRIVATE,
    "office365_private_unproven": _PRIVATE,
    "office365_room_out_of_scope": _grant,
    "office365_room_unknown": _find_room,
    "office365_scope_untold": _reach,
    "office365_titles_replaced": _TITLES,
    "office365_write_missing": _grant,
    "exchange_basic_refused": _virtual_directory,
    "exchange_bodies_removed": _BODIES,
    "exchange_empty_room_list": _fill_list,
    "exchange_ews_disabled": _allow_ews,
    "exchange_extended_protection": _virtual_directory,
    "exchange_impersonation_denied": _impersonate,
    "exchange_invitation_not_accepted": _answers,
    "exchange_links_removed": _BODIES,
    "exchange_no_access": _delegate,
    "exchange_no_mailbox": _find_room,
    "exchange_no_room_lists": _make_list,
    "exchange_no_room_to_try": _make_list,
    "exchange_non_primary_address": _find_room,
    "exchange_private_removed": _PRIVATE,
    "exchange_service_account_without_mailbox": _account_mailbox,
    "exchange_titles_replaced": _TITLES,
    "cronofy_bodies_removed": _BODIES,
    "cronofy_no_rooms": _make_list,
    "cronofy_private_unseen": _PRIVATE,
    "cronofy_room_unlisted": _show_room,
    "cronofy_titles_replaced": _TITLES,
}
"""Reasons without an entry have a sentence alone: nothing in PowerShell repairs them."""
