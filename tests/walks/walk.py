"""Who walks, and what there is on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page
from simulators.standing import Standing, standing

from roomdisplay.admin.context import Admin
from roomdisplay.demo.clock import ZONE
from walks.house import Screen, add_owner, admin_center
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


@asynccontextmanager
async def walking(
    service: str, language: str, browser: Browser, folder: Path, *, camera: Camera = no_camera
) -> AsyncIterator[Walk]:
    """Set a walk up: an empty Admin Center, a company behind the service, a browser, a display.

    Args:
        service: office365, exchange or cronofy.
        language: "en" or "fr", of the pages, the display and the meetings.
        browser: gets a context of its own.
        folder: for what the Admin Center and the display keep; empty.
        camera: is called on the way.
    """
    # What the Admin Center listens to ends after the Admin Center.
    async with AsyncExitStack() as services, admin_center(folder) as admin:
        await add_owner(admin, language)
        origin = admin.settings.canonical_origin
        stands = standing(service, admin.clock, ZONE, french=language == "fr", admin_origin=origin)
        company = await services.enter_async_context(stands)
        context = await browser.new_context(base_url=origin, locale=language, color_scheme="light")
        context.set_default_timeout(15_000)
        yield Walk(
            service=service,
            language=language,
            admin=admin,
            standing=company,
            browser=browser,
            page=await context.new_page(),
            screen=Screen(admin, folder, language),
            camera=camera,
        )
        await context.close()
