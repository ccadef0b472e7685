"""Codes that somebody may be guessing."""

from __future__ import annotations

from typing import Any

import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError
from roomdisplay.admin.news import PAGES
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.use_cases import missed_codes
from roomdisplay.admin.use_cases.audit import list_audit
from roomdisplay.admin.use_cases.device_tokens import DisplayFacts, redeem
from roomdisplay.admin.use_cases.missed_codes import ACTIVATION_MISSED, PAIRING_MISSED
from roomdisplay.admin.use_cases.overview import Attention, overview
from roomdisplay.admin.use_cases.pairing import look_up_pairing
from roomdisplay.admin.web.i18n import LANGUAGES, catalogue


async def miss_pairing(admin: Admin, actor: Actor, number: int) -> None:
    """Enter a code that no display shows, each time from another browser and of two addresses."""
    with pytest.raises(NotFoundError):
        await look_up_pairing(
            admin,
            actor,
            "BBBB-BBBB",
            session_id=f"session{number}",
            address=f"10.0.0.{number % 2}",
        )


async def miss_activation(admin: Admin, number: int) -> None:
    facts = DisplayFacts(key_thumbprint=f"key{number}", address=f"10.1.0.{number}")
    with pytest.raises(NotFoundError):
        await redeem(admin, "BCDF-BCDF-BCDF-BCDF", facts)


async def alerts(admin: Admin, actor: Actor) -> list[Attention]:
    found = (await overview(admin, actor)).attention
    return [one for one in found if one.key.endswith("_codes_missed")]


async def test_a_slip_is_no_alert_and_five_are(admin: Admin, owner: Actor, clock: Any) -> None:
    for number in range(4):
        await miss_pairing(admin, owner, number)
        clock.pass_(minutes=1)
    assert await alerts(admin, owner) == []
    await miss_pairing(admin, owner, 4)
    (alert,) = await alerts(admin, owner)
    assert (alert.key, alert.count, alert.addresses) == ("pairing_codes_missed", 5, 2)
    assert alert.since == clock()
    clock.pass_(minutes=57)  # the first two are over an hour old
    assert await alerts(admin, owner) == []


async def test_activation_codes_are_counted_by_themselves_and_at_once(
    admin: Admin, owner: Actor, heard: Any
) -> None:
    for number in range(4):
        await miss_activation(admin, number)
    told = await heard(admin, [PAGES], lambda: miss_activation(admin, 4))
    assert told == {PAGES}
    (alert,) = await alerts(admin, owner)
    assert (alert.key, alert.count, alert.addresses) == ("activation_codes_missed", 5, 5)
    assert "BCDF" not in repr(await list_audit(admin, owner))


async def test_whoever_may_not_read_the_log_is_not_told(
    admin: Admin, owner: Actor, viewer: Actor
) -> None:
    for number in range(5):
        await miss_pairing(admin, owner, number)
    assert await alerts(admin, viewer) == []
    assert len(await alerts(admin, owner)) == 1


async def test_a_flood_fills_no_log(
    admin: Admin, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed_codes, "_NOTED", 6)
    for number in range(9):
        await miss_activation(admin, number)
    assert len(await list_audit(admin, owner)) == 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_log_has_words_for_both(language: str) -> None:
    assert all(catalogue(language).has(f"act.{one}") for one in (PAIRING_MISSED, ACTIVATION_MISSED))
