"""Who walks, and what there is on the way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import Browser, Page
from simulators.standing import Standing

from roomdisplay.admin.context import Admin
from walks.house import Screen
from walks.words import WORDS, Words

Camera = Callable[[Page, str], Awaitable[None]]
"""Takes a picture of a page under a name; the walk stops for it."""


async def no_camera(page: Page, name: str) -> None:
    """Take no picture."""


@dataclass(slots=True, kw_only=True)
class Walk:
    """One walk through one service in one language."""

    service: str
    """office365, exchange or cronofy (which stands for Exchange through Cronofy)."""
    language: str
    admin: Admin
    standing: Standing
    browser: Browser
    page: Page
    """Signed in from the first step on."""
    screen: Screen
    camera: Camera = no_camera

    @property
    def words(self) -> Words:
        """What the pages call things."""
        return WORDS[self.language]

    @property
    def tab(self) -> str:
        """Under which tab the service stands."""
        return "office365" if self.service == "office365" else "exchange"

    @property
    def way(self) -> str:
        """Directly, or through Cronofy, in words."""
        words = self.words
        return words.through_cronofy if self.service == "cronofy" else words.directly

    @property
    def names(self) -> dict[str, str]:
        """What is filled in at Step 1, by label."""
        words = self.words
        listed = next(iter(self.standing.organisation.room_lists.values()))
        if self.service == "office365":
            application = self.standing.form["client_id"]
            return {
                words.client_id: application,
                words.object_id: "5f3c2a88-1f0e-4c56-9d3a-7be0a1c4d921",
                words.room_list: listed.name,
            }
        account = (self.standing.account or self.standing.form)["email"]
        return {
            words.service_account: account,
            words.resource_calendar: listed.rooms[0],
            words.room_list: listed.name,
        }
