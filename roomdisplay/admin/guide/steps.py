"""Step 1, for the IT administrator: what to do, in order, for each way to connect.

A step is keys of the catalogue's section "guide" and commands; pages write the words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from roomdisplay.admin.guide import commands
from roomdisplay.admin.guide.powershell import Call, Pipeline
from roomdisplay.admin.guide.values import GuideValues, Variant

Words = Callable[[str], str]
"""The words of a key, in the reader's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A command to copy."""

    label: str
    """A key: what it is for."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step."""

    key: str
    """Its title is the words of "guide.<key>"."""
    words: tuple[str, ...]
    """Keys of paragraphs."""
    points: tuple[str, ...] = ()
    """Keys of what to click or tick, in order."""
    commands: tuple[Shown, ...] = ()
    ended: str = ""
    """A key: since when this does not exist any more, and what takes its place; the step is shown
    struck out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """For whom the steps are written."""

    words: Words
    mfa: bool = True
    """Whether the administrator signs in with more than a password."""


def steps(variant: Variant, values: GuideValues | None, reader: Reader) -> tuple[Step, ...]:
    """All steps; without values, without the commands that need some."""
    rooms = (_list(variant, values), _rooms(values), _processing(values), _done())
    if variant is Variant.OFFICE365:
        connect = _connect(variant, reader)
        return (_app(), _permissions(), _ended(variant), connect, _access(values), *rooms)
    role = _ended(variant) if variant.online else _role(values)
    before = (_account(variant, values, reader), role, _resource(values))
    return (*before, _connect(variant, reader), *rooms)


def _account(variant: Variant, values: GuideValues | None, reader: Reader) -> Step:
    kind = "online" if variant.online else "server"
    shown: tuple[Shown, ...] = ()
    if values is not None:
        account = values.account
        prompt = reader.words("guide.password_prompt")
        make = commands.make_account(local_part(account), account, prompt, online=variant.online)
        shown = (
            _shown("check", commands.find_mailbox(account)),
            _shown("make", make),
        )
    words = ("guide.account_words", f"guide.account_{kind}")
    return Step(key="account", words=words, commands=shown)


def _role(values: GuideValues | None) -> Step:
    shown: tuple[Shown, ...] = ()
    if values is not None:
        shown = (
            _shown("scope", commands.make_scope()),
            _shown("assign", commands.assign_impersonation(values.account)),
            _shown("check", commands.list_impersonators()),
        )
    return Step(key="role", words=("guide.role_words", "guide.role_by_page"), commands=shown)


def _ended(variant: Variant) -> Step:
    return Step(key="role", words=(), ended=f"guide.role_ended_{variant.value}")


def _resource(values: GuideValues | None) -> Step:
    made = [commands.make_room(local_part(room), room) for room in values.rooms] if values else []
    shown = (_shown("make", *made),) if made else ()
    return Step(key="resource", words=("guide.resource_words",), commands=shown)


def _connect(variant: Variant, reader: Reader) -> Step:
    if variant.online:
        mfa = "with_mfa" if reader.mfa else "without_mfa"
        shown: tuple[Shown, ...] = (
            _shown("install_module", commands.install_module()),
            _shown(mfa, commands.connect_online(mfa=reader.mfa)),
        )
        return Step(key="connect", words=("guide.connect_online",), commands=shown)
    session = commands.connect_server(reader.words("guide.server_prompt"))
    shown = (_shown("remote", *session),)
    return Step(key="connect", words=("guide.connect_server",), commands=shown)


def _app() -> Step:
    points = tuple(f"guide.app_{number}" for number in range(1, 5))
    return Step(key="app", words=("guide.app_words",), points=points)


def _permissions() -> Step:
    points = tuple(f"guide.permissions_{number}" for number in range(1, 4))
    return Step(key="permissions", words=("guide.permissions_words",), points=points)


def _access(values: GuideValues | None) -> Step:
    shown: tuple[Shown, ...] = ()
    if values is not None:
        app = values.object_id
        shown = (
            _shown("register", commands.register_app(values.client_id, app)),
            _shown("scope", commands.make_scope()),
            _shown("assign", commands.grant_calendars(app)),
            _shown("check", commands.test_any_room(app)),
        )
    words = ("guide.access_words", "guide.access_union", "guide.access_wait")
    return Step(key="access", words=words, commands=shown)


def _list(variant: Variant, values: GuideValues | None) -> Step:
    shown = (_shown("make", commands.make_list(values.room_list)),) if values else ()
    words = ("guide.list_words", *(("guide.list_online",) if variant.online else ()))
    return Step(key="list", words=words, commands=shown)


def _rooms(values: GuideValues | None) -> Step:
    shown: tuple[Shown, ...] = ()
    if values is not None:
        named = [commands.add_room(values.room_list, room) for room in values.rooms]
        shown = _named_or_all(named, commands.add_all_rooms(values.room_list))
    return Step(key="add_rooms", words=("guide.rooms_words",), commands=shown)


def _processing(values: GuideValues | None) -> Step:
    shown: tuple[Shown, ...] = ()
    if values is not None:
        named = [commands.keep_meetings(room) for room in values.rooms]
        shown = _named_or_all(named, commands.keep_all_meetings())
    words = ("guide.processing_words", "guide.processing_after")
    return Step(key="processing", words=words, commands=shown)


def _named_or_all(named: Sequence[Call], every: Pipeline) -> tuple[Shown, ...]:
    if not named:
        return (_shown("every_room", every),)
    return (_shown("named", *named), _shown("all_rooms", every))


def _done() -> Step:
    return Step(key="done", words=("guide.done_words",))


def local_part(address: str) -> str:
    """What stands before the @: the name of a mailbox that is made."""
    return address.partition("@")[0]


def written(lines: Sequence[Call | Pipeline]) -> str:
    """Commands as they are shown, one below the other."""
    return "\n".join(map(str, lines))


def _shown(label: str, *lines: Call | Pipeline) -> Shown:
    return Shown(label=f"guide.label_{label}", text=written(lines))
