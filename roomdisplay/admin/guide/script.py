"""Step 1 as one script, made of the same commands as the page.

It can run twice and with -WhatIf, contains no secret and asks for none, and prints one line for
each room. Windows PowerShell 5.1 reads it: that one takes a script without a byte order mark for
the system's old code page, hence the mark.
"""

from __future__ import annotations

from roomdisplay.admin.guide import commands
from roomdisplay.admin.guide.powershell import Call, Variable, Word, call, quote
from roomdisplay.admin.guide.steps import Words
from roomdisplay.admin.guide.values import GuideValues, Variant

MODULE = "ExchangeOnlineManagement"
_SILENT = Word("SilentlyContinue")
_ACCOUNT, _LIST = Variable("ServiceAccount"), Variable("RoomList")
_CLIENT, _APP = Variable("ClientId"), Variable("ObjectId")
_ADDRESS = Variable("Address")


def script_name(variant: Variant) -> str:
    """What the file is called."""
    return f"room-display-step-1-{variant.value.replace('_', '-')}.ps1"


def script_file(values: GuideValues, words: Words) -> bytes:
    """The script as it is downloaded: UTF-8 with byte order mark, lines ended as in Windows."""
    return b"\xef\xbb\xbf" + script(values, words).replace("\n", "\r\n").encode()


def script(values: GuideValues, words: Words) -> str:
    """The script's text; `words` gives the keys of the catalogue's section "script"."""
    makes = (*_makes(values.variant), *_ROOM_COMMANDS)
    lines = [
        *_head(values, words),
        *_ready(values.variant, makes, words),
        *_access(values.variant, words),
        *_room_list(words),
        *_rooms(values.variant, words),
        *_end(words),
    ]
    return "\n".join(lines) + "\n"


_ROOM_COMMANDS = (
    "New-DistributionGroup",
    "Add-DistributionGroupMember",
    "Get-CalendarProcessing",
    "Set-CalendarProcessing",
)


def _makes(variant: Variant) -> tuple[str, ...]:
    if variant is Variant.OFFICE365:
        return ("New-ServicePrincipal", "New-ManagementScope", "New-ManagementRoleAssignment")
    return () if variant.online else ("New-ManagementScope", "New-ManagementRoleAssignment")


def _head(values: GuideValues, words: Words) -> list[str]:
    name = script_name(values.variant)
    help_ = [words(f"script.help_{number}").replace("{0}", name) for number in range(1, 4)]
    rooms = ", ".join(map(quote, values.rooms))
    entered = {
        "ServiceAccount": values.account,
        "ClientId": values.client_id,
        "ObjectId": values.object_id,
        "RoomList": values.room_list,
    }
    return [
        "#Requires -Version 5.1",
        "<#",
        ".SYNOPSIS",
        f"    {words('script.synopsis')}",
        ".DESCRIPTION",
        *(f"    {line}" for line in help_),
        ".EXAMPLE",
        f"    .\\{name} -WhatIf",
        "#>",
        "[CmdletBinding(SupportsShouldProcess = $true)]",
        "param(",
        f"    # {words('script.parameter_room')}",
        f"    [string[]] $Room = @({rooms}),",
        f"    # {words('script.parameter_all')}",
        "    [switch] $AllRooms,",
        f"    # {words('script.parameter_create')}",
        "    [switch] $CreateRooms",
        ")",
        "Set-StrictMode -Version 2.0",
        "$ErrorActionPreference = 'Stop'",
        *(f"${key} = {quote(text)}" for key, text in entered.items() if text),
        "",
    ]


def _ready(variant: Variant, makes: tuple[str, ...], words: Words) -> list[str]:
    """The module, the session and the role, before anything is changed."""
    lines = [f"# {words('script.first')}"]
    probe = call("Get-Command", Name="Get-Mailbox", ErrorAction=_SILENT)
    if variant.online:
        module = call("Get-Module", ListAvailable=None, Name=MODULE)
        lines += [
            *_unless(module, [_stop(words, "no_module", f"{commands.install_module()}")]),
            *_unless(probe, [f"{commands.connect_online(mfa=True)}"]),
        ]
    else:
        lines += _unless(probe, [_stop(words, "no_shell")])
    known = call("Get-Command", Name=Variable("_"), ErrorAction=_SILENT)
    lines += [
        f"$Needed = {', '.join(map(quote, makes))}",
        f"$Missing = @($Needed | Where-Object {{ -not ({known}) }})",
        "if ($Missing.Count -gt 0) {",
        f"    {_stop(words, 'no_role', variable='($Missing -join ', end=quote(', ') + ')')}",
        "}",
    ]
    if variant is not Variant.OFFICE365:
        stop = _stop(words, "no_account", variable="$ServiceAccount")
        lines += _unless(commands.find_mailbox(_ACCOUNT).having("ErrorAction", _SILENT), [stop])
    return [*lines, ""]


def _access(variant: Variant, words: Words) -> list[str]:
    """Who may open the rooms' calendars."""
    scope = _ensure(commands.find_scope(), commands.make_scope(), quote(commands.SCOPE), words)
    if variant is Variant.OFFICE365:
        app = _ensure(
            commands.find_app(_APP), commands.register_app(_CLIENT, _APP), "$ClientId", words
        )
        grant, name = commands.grant_calendars(_APP), quote(commands.CALENDARS)
        role = _ensure(commands.find_grant(), grant, name, words)
    elif variant.online:
        return []
    else:
        app, name = [], quote(commands.IMPERSONATION)
        assign = commands.assign_impersonation(_ACCOUNT)
        role = _ensure(commands.find_impersonation(_ACCOUNT), assign, name, words)
    return [f"# {words('script.access')}", *app, *scope, *role, ""]


def _room_list(words: Words) -> list[str]:
    find = commands.find_list(_LIST).having("ErrorAction", _SILENT)
    return [
        f"# {words('script.list')}",
        f"$Group = {find}",
        "if ($Group -and [string] $Group.RecipientTypeDetails -ne 'RoomList') {",
        f"    {_stop(words, 'no_list', variable='$RoomList')}",
        "}",
        *_ensure(commands.find_list(_LIST), commands.make_list(_LIST), "$RoomList", words),
        "",
    ]


def _rooms(variant: Variant, words: Words) -> list[str]:
    every = f"{commands.all_rooms()} | ForEach-Object {{ [string] $_.PrimarySmtpAddress }}"
    known = commands.members(_LIST).having("ErrorAction", _SILENT)
    kept = " -or ".join(
        f"$Processing.{name}" for name, value in commands.KEPT.items() if value is False
    )
    return [
        f"# {words('script.rooms')}",
        "if ($AllRooms -or $Room.Count -eq 0) {",
        f"    $Room = @({every})",
        "}",
        f"$Members = @({known} | ForEach-Object {{ [string] $_.PrimarySmtpAddress }})",
        "$Failed = 0",
        "foreach ($Address in $Room) {",
        "    try {",
        f"        $Mailbox = {commands.find_mailbox(_ADDRESS).having('ErrorAction', _SILENT)}",
        "        if (-not $Mailbox -and $CreateRooms) {",
        "            $Name = ($Address -split '@')[0]",
        "            if ($PSCmdlet.ShouldProcess($Address, 'New-Mailbox')) {",
        f"                $Mailbox = {_strict(commands.make_room(Variable('Name'), _ADDRESS))}",
        "            } else {",
        f"                Write-Output ({_told(words, 'room_would')} -f $Address)",
        "                continue",
        "            }",
        "        }",
        f"        if (-not $Mailbox) {{ {_throw(words, 'no_room')} }}",
        "        if ([string] $Mailbox.RecipientTypeDetails -ne 'RoomMailbox') {",
        f"            {_throw(words, 'not_a_room')}",
        "        }",
        "        $Address = [string] $Mailbox.PrimarySmtpAddress",
        "        if ($Members -notcontains $Address) {",
        *_change(commands.add_room(_LIST, _ADDRESS), "$Address", 12),
        "        }",
        f"        $Processing = {_strict(commands.look_at_processing(_ADDRESS))}",
        f"        $Loses = {kept}",
        "        if ($Loses -or [string] $Processing.AutomateProcessing -ne 'AutoAccept') {",
        *_change(commands.keep_meetings(_ADDRESS), "$Address", 12),
        "        }",
        *_room_answer(variant, words),
        "    } catch {",
        "        $Failed++",
        f"        Write-Output ({_told(words, 'room_failed')} -f $Address, $_.Exception.Message)",
        "    }",
        "}",
        "",
    ]


def _room_answer(variant: Variant, words: Words) -> list[str]:
    ready = f"Write-Output ({_told(words, 'room_ready')} -f $Address)"
    would = f"Write-Output ({_told(words, 'room_would')} -f $Address)"
    lines = ["        if ($WhatIfPreference) {", f"            {would}"]
    if variant is Variant.OFFICE365:
        test = _strict(commands.test_access(_APP, _ADDRESS))
        later = f"Write-Output ({_told(words, 'room_later')} -f $Address)"
        lines += [
            f"        }} elseif (-not ({test} | Where-Object {{ $_.InScope }})) {{",
            "            $Failed++",
            f"            {later}",
        ]
    return [*lines, "        } else {", f"            {ready}", "        }"]


def _end(words: Words) -> list[str]:
    return [
        "if ($Failed -gt 0) {",
        f"    Write-Warning ({_told(words, 'some_failed')} -f $Failed)",
        "} elseif (-not $WhatIfPreference) {",
        f"    Write-Output {_told(words, 'completed')}",
        "}",
    ]


def _ensure(find: Call, make: Call, target: str, words: Words) -> list[str]:
    """Make a thing that is not there yet."""
    there = f"Write-Output ({_told(words, 'there')} -f {target})"
    made = f"Write-Output ({_told(words, 'made')} -f {target})"
    change = _change(make, target, 4)
    change.insert(-1, f"        {made}")
    return [
        f"if ({find.having('ErrorAction', _SILENT)}) {{",
        f"    {there}",
        "} else {",
        *change,
        "}",
    ]


def _change(make: Call, target: str, indent: int) -> list[str]:
    """Change something, unless with -WhatIf; the modules' cmdlets do not hear of it themselves."""
    blank = " " * indent
    return [
        f"{blank}if ($PSCmdlet.ShouldProcess({target}, {quote(make.cmdlet)})) {{",
        f"{blank}    {_strict(make)} | Out-Null",
        f"{blank}}}",
    ]


def _strict(one: Call) -> str:
    return str(one.having("ErrorAction", Word("Stop")))


def _unless(probe: Call, lines: list[str]) -> list[str]:
    return [f"if (-not ({probe})) {{", *(f"    {line}" for line in lines), "}"]


def _told(words: Words, key: str) -> str:
    return quote(words(f"script.{key}"))


def _throw(words: Words, key: str) -> str:
    return f"throw {_told(words, key)}"


def _stop(words: Words, key: str, literal: str = "", *, variable: str = "", end: str = "") -> str:
    """End with a sentence that names `literal`, or what a variable of the script holds."""
    named = quote(literal) if literal else f"{variable}{end}"
    return f"throw ({_told(words, key)} -f {named})" if named else f"throw {_told(words, key)}"
