"""What a calendar service of the demo does."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from roomdisplay.admin.context import Admin
from roomdisplay.admin.use_cases.sessions import SignedInAs


class DemoService(Protocol):
    """Holds the sample building's meetings while the context is open."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def connect(self, admin: Admin, who: SignedInAs, surprise_at: datetime) -> list[str]:
        """Connect it as an administrator would; the ids of the connections.

        Args:
            admin: the demo's Admin Center.
            who: is signed in and acts.
            surprise_at: when, UTC, `surprise` will be called.
        """

    async def surprise(self) -> None:
        """Somebody adds a meeting to Atlas, today."""

    def words(self) -> list[tuple[str, str]]:
        """What to print of it: a title and a line each, such as where it answers."""
