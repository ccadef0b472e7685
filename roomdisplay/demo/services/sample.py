"""The building without a service outside: the connector knows its days."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from roomdisplay.admin.context import Admin
from roomdisplay.admin.use_cases.services import connect_service
from roomdisplay.admin.use_cases.sessions import SignedInAs
from roomdisplay.demo.clock import DemoClock


def make(name: str, language: str, clock: DemoClock, folder: Path) -> SampleService:
    """See `make_service`."""
    del name, clock, folder
    return SampleService(language)


class SampleService:
    """Implements `DemoService`."""

    def __init__(self, language: str) -> None:
        self._language = language

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    async def connect(self, admin: Admin, who: SignedInAs, surprise_at: datetime) -> list[str]:
        """See `DemoService`."""
        name = "Bâtiment témoin" if self._language == "fr" else "Sample building"
        form = {"language": self._language, "surprise_at": surprise_at.isoformat()}
        return [await connect_service(admin, who.actor, "sample", name, form)]

    async def surprise(self) -> None:
        """The connector adds it by itself at `surprise_at`."""

    def words(self) -> list[tuple[str, str]]:
        """Nothing is to be told."""
        return []
