"""The building behind Office 365, Exchange or Cronofy, as the project's simulators play them.

The simulators stand in the source tree beside the package: an installed package has none.
"""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from datetime import datetime
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import roomdisplay
from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import StartError
from roomdisplay.admin.use_cases.authorization import begin_authorization, finish_authorization
from roomdisplay.admin.use_cases.consents import consent_documents
from roomdisplay.admin.use_cases.services import connect_service
from roomdisplay.admin.use_cases.sessions import SignedInAs
from roomdisplay.connectors import registry
from roomdisplay.demo.clock import ZONE, DemoClock

NAMES = {
    "office365": "Office 365",
    "exchange": "Microsoft Exchange",
    "cronofy": "Cronofy Enterprise Connect",
}


def make(name: str, language: str, clock: DemoClock, folder: Path) -> SimulatedService:
    """See `make_service`."""
    del folder
    tests = Path(roomdisplay.__file__).resolve().parent.parent / "tests"
    if not (tests / "simulators").is_dir():
        raise StartError("This needs the source tree: run `make demo` in a clone of the project.")
    if str(tests) not in sys.path:
        sys.path.append(str(tests))
    return SimulatedService(name, language, clock)


class SimulatedService:
    """Implements `DemoService`."""

    def __init__(self, name: str, language: str, clock: DemoClock) -> None:
        self._name = name
        self._language = language
        self._clock = clock
        self._open = AsyncExitStack()
        self._standing: Any = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._open.aclose()

    async def connect(self, admin: Admin, who: SignedInAs, surprise_at: datetime) -> list[str]:
        """See `DemoService`."""
        del surprise_at
        stand = import_module("simulators.standing").standing
        self._standing = await self._open.enter_async_context(
            stand(
                self._name,
                self._clock,
                ZONE,
                french=self._language == "fr",
                admin_origin=admin.settings.canonical_origin,
            )
        )
        consents, actor = await consent_documents(admin), who.actor
        key, name, form = self._name, NAMES[self._name], self._standing.form
        if not registry.SERVICES[key].window:
            return [await connect_service(admin, actor, key, name, form, consents=consents)]
        url = await begin_authorization(admin, actor, who.session_id, key, name, form, consents)
        back = await self._standing.link_account(url)
        state, code = back["state"], back["code"]
        return [await finish_authorization(admin, actor, who.session_id, state, code=code)]

    async def surprise(self) -> None:
        """See `DemoService`."""
        self._standing.surprise()

    def words(self) -> list[tuple[str, str]]:
        """Where the simulated service answers, and who may sign in."""
        words: list[tuple[str, str]] = self._standing.words
        return words
