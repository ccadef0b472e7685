"""`roomdisplay admin doctor`: what the calendar doctor finds, on a terminal or for a program.

It looks by itself where it has the key that unseals the services' secrets; else it asks the running
Admin Center, which has it, through the store.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

import msgspec

from roomdisplay.admin.configuration import add_data_argument, read_settings
from roomdisplay.admin.context import Admin, utc_now
from roomdisplay.admin.errors import StartError
from roomdisplay.admin.guide.repairs import repair_for, values_of
from roomdisplay.admin.guide.steps import written
from roomdisplay.admin.guide.values import GuideValues
from roomdisplay.admin.news import News
from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.security.seal_key import open_sealer, require_same_key
from roomdisplay.admin.security.sealing import KEY_BYTES, Sealer
from roomdisplay.admin.settings import ORIGIN_SCOPE, ServerSettings
from roomdisplay.admin.store import Store
from roomdisplay.admin.store.migrate import migrate
from roomdisplay.admin.store.tables import SettingsScope
from roomdisplay.admin.terminal import become_owner
from roomdisplay.admin.use_cases.doctor import ask_doctor, doctor_report, run_doctor, worst
from roomdisplay.admin.use_cases.services import ConnectionView, list_connections
from roomdisplay.admin.web.findings import check_view
from roomdisplay.admin.web.i18n import LANGUAGES, Catalogue, catalogue, preferred_language
from roomdisplay.connectors.diagnosis import Finding, Verdict

GOOD, RED, CANNOT = 0, 1, 2
"""Exit codes: all is well, something is wrong, nobody could look."""
ANSWERED_WITHIN = timedelta(minutes=6)
"""How long to wait for the running Admin Center: it looks for requests once a minute."""
_ASKED_EVERY_S = 0.5
_MARKS = {
    Verdict.GOOD: "ok",
    Verdict.WARNING: "!!",
    Verdict.BAD: "XX",
    Verdict.SKIPPED: "--",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the arguments ask for."""

    connection: str | None
    room: str | None
    invitation: bool
    json: bool
    language: str


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_data_argument(parser)
    parser.add_argument("--seal-key-file", metavar="FILE", help="the key that unseals passwords")
    parser.add_argument("--connection", metavar="NAME", help="look at this one alone")
    parser.add_argument("--room", metavar="ADDRESS", help="look at this room's calendar")
    parser.add_argument(
        "--send-test-meeting",
        action="store_true",
        help="have a normal account invite the room to a meeting, and remove it again",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--language", choices=sorted(LANGUAGES), help="of the words")


def run(options: argparse.Namespace) -> int:
    """Look, and print what was found; 0 well, 1 something is wrong, 2 it cannot look."""
    asked = _Asked(
        connection=options.connection,
        room=options.room,
        invitation=options.send_test_meeting,
        json=options.json,
        language=options.language or _language(),
    )
    os.umask(0o077)
    try:
        settings = read_settings(options)
        _require_store(settings.data_dir)
        become_owner(settings.data_dir)
        return asyncio.run(_look(settings, asked))
    except (StartError, OSError) as error:
        sys.stderr.write(f"roomdisplay: {error}\n")
        return CANNOT


def _require_store(data_dir: Path) -> None:
    if not (data_dir / "admin.db").exists():
        raise StartError(f"There is no Admin Center's store in {data_dir}.")


async def _look(settings: ServerSettings, asked: _Asked) -> int:
    async with _admin(settings) as (admin, has_key):
        connections = _chosen(await list_connections(admin, SYSTEM), asked.connection)
        look = _look_here if has_key else _have_looked
        reports: list[tuple[ConnectionView, list[Finding]]] = []
        for connection in connections:
            show = _printer(asked, connection)
            findings: list[Finding] = []
            async for finding in look(admin, connection.id, asked):
                findings.append(finding)
                show(finding)
            reports.append((connection, findings))
    if asked.json:
        document = [_report(connection, findings) for connection, findings in reports]
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
    bad = any(worst(findings) is Verdict.BAD for _, findings in reports)
    return RED if bad else GOOD


async def _look_here(admin: Admin, connection_id: str, asked: _Asked) -> AsyncIterator[Finding]:
    async for finding in run_doctor(
        admin, SYSTEM, connection_id, room=asked.room, invitation=asked.invitation
    ):
        yield finding


async def _have_looked(admin: Admin, connection_id: str, asked: _Asked) -> AsyncIterator[Finding]:
    """Ask the running Admin Center; the store is all that is shared, so it is asked in turn."""
    since = admin.clock()
    await ask_doctor(admin, SYSTEM, connection_id, room=asked.room, invitation=asked.invitation)
    sys.stderr.write("The key is with the running Admin Center: it looks, within a minute.\n")
    told = 0
    try:
        async with asyncio.timeout(ANSWERED_WITHIN.total_seconds()):
            while True:
                await asyncio.sleep(_ASKED_EVERY_S)
                report = await doctor_report(admin, SYSTEM, connection_id)
                if report.started_at is None or report.started_at < since:
                    continue
                for finding in report.findings[told:]:
                    told += 1
                    yield finding
                if report.finished_at is not None and not report.waiting:
                    return
    except TimeoutError:
        raise StartError(
            "No Admin Center answers; start it, or name its --seal-key-file."
        ) from None


@asynccontextmanager
async def _admin(settings: ServerSettings) -> AsyncIterator[tuple[Admin, bool]]:
    """The store, with the server's key where it can be had, and whether it can."""
    news = News()
    store = Store(settings.database_url, news)
    try:
        await migrate(store)
        async with store.reading() as session:
            row = await session.get(SettingsScope, ORIGIN_SCOPE)
        if row is not None and not settings.public_origins:
            settings = replace(settings, public_origins=tuple(row.values["origins"]))
        sealer, has_key = Sealer(os.urandom(KEY_BYTES), "nowhere"), False
        if _key_is_here(settings.seal_key_file):
            sealer, has_key = open_sealer(settings.seal_key_file), True
            await require_same_key(store, sealer)
        admin = Admin(store=store, clock=utc_now, news=news, sealer=sealer, settings=settings)
        yield admin, has_key
    finally:
        await store.close()


def _key_is_here(named: Path | None) -> bool:
    """Whether the key can be had without making one: named, or a credential of this service."""
    if named is not None:
        return named.exists()
    return "CREDENTIALS_DIRECTORY" in os.environ


def _chosen(connections: Sequence[ConnectionView], name: str | None) -> list[ConnectionView]:
    found = [one for one in connections if name is None or name in {one.name, one.id}]
    if not found:
        raise StartError(
            "No calendar service is connected."
            if name is None
            else f"No calendar service is connected as {name!r}."
        )
    return found


def _printer(asked: _Asked, connection: ConnectionView) -> Callable[[Finding], None]:
    """Prints findings in words as they come; nothing where one document is wanted."""
    if asked.json:
        return lambda _: None
    t, out = catalogue(asked.language), sys.stdout
    _line(out, f"{connection.name} ({connection.service})")
    values = values_of(connection.service, connection.values)
    return lambda finding: _print(t, out, finding, values)


def _print(t: Catalogue, out: TextIO, finding: Finding, values: GuideValues | None) -> None:
    view = check_view(t, finding, values)
    facts = f" ({view.facts})" if view.facts else ""
    _line(out, f"  [{_MARKS[finding.verdict]}] {view.title}{facts}")
    if view.told is not None:
        for text in (view.told.words, view.detail, view.told.repair):
            if text:
                _line(out, f"       {text}")
        for command in view.told.commands.splitlines():
            _line(out, f"         {command}")
    out.flush()


def _line(out: TextIO, text: str) -> None:
    """A line without what could move a terminal's cursor: services' words are strangers'."""
    out.write("".join(one if one.isprintable() else " " for one in text) + "\n")


def _report(connection: ConnectionView, findings: Sequence[Finding]) -> dict[str, Any]:
    values = values_of(connection.service, connection.values)
    return {
        "connection": connection.name,
        "service": connection.service,
        "verdict": worst(findings).value,
        "findings": [_entry(finding, values) for finding in findings],
    }


def _entry(finding: Finding, values: GuideValues | None) -> dict[str, Any]:
    diagnosis = finding.diagnosis
    repair = repair_for(diagnosis, values) if diagnosis else None
    return {
        "check": finding.check,
        "verdict": finding.verdict.value,
        "reason": diagnosis.reason if diagnosis else None,
        "params": dict(diagnosis.params) if diagnosis else {},
        "repair": written(repair.commands) if repair else "",
        "facts": dict(finding.facts),
        "detail": finding.detail,
    }


def _language() -> str:
    """The terminal's language, as its environment has it."""
    said = next(
        (os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), ""
    )
    return preferred_language(said.partition(".")[0].replace("_", "-"))
