"""Calendars that a service authorises apart: in bulk, once, with words for whoever waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roomdisplay.admin.store.tables import CalendarHook, ConnectionToken
from roomdisplay.admin.use_cases import assignment, services
from roomdisplay.connectors.base import (
    CredentialsRejectedError,
    MalformedAnswerError,
    UnavailableError,
)


@pytest.fixture
async def house(push_house: Any) -> Any:
    push_house.service.needs_authorization = True
    await push_house.use("atlas", "zephyr")
    await push_house.work()
    await push_house.work(seconds=1)
    return push_house


async def row(house: Any, address: str = "atlas") -> CalendarHook:
    found = await house.hook_row(address, "authorization")
    assert found is not None
    return found


async def test_what_is_wanted_at_once_is_asked_for_together(house: Any) -> None:
    (together,) = house.service.asked
    assert sorted(one.address for one in together) == ["atlas", "zephyr"]
    assert len({one.hook.url for one in together}) == 2
    calendar = await house.calendar()
    assert (calendar.reason, calendar.read_at) == ("authorizing", None)
    await house.work(minutes=5)
    assert len(house.service.asked) == 1


async def test_an_authorised_calendar_is_read_at_once(house: Any, tell: Any) -> None:
    hook = house.service.asked[0][0].hook
    address = house.service.asked[0][0].address
    await tell(hook, "authorized:c0de")
    await house.work()
    assert house.service.redeemed == [(address, "c0de")]
    calendar = await house.calendar(address)
    assert (calendar.reason, calendar.read_at) == (None, house.clock())
    other = "zephyr" if address == "atlas" else "atlas"
    assert (await house.calendar(other)).reason == "authorizing"


async def test_a_typed_calendar_is_authorised_once_a_room_shows_it(
    house: Any, tell: Any, owner: Any
) -> None:
    house.service.calendars["annexe"] = []
    id_ = await services.add_typed_calendar(house.admin, owner, house.connection, "annexe")
    await assignment.create_rooms_from_calendars(house.admin, owner, [id_], timezone="Europe/Paris")
    await house.work()
    await house.work(seconds=1)
    (asked,) = house.service.asked[-1]
    await tell(asked.hook, "authorized:c0de")
    await house.work()
    assert (await house.calendar("annexe")).read_at == house.clock()
    # An address that is authorised already is read with the connection's own tokens.
    house.service.reads.clear()
    await services.add_typed_calendar(house.admin, owner, house.connection, "annexe")
    assert house.service.reads == ["annexe"]


async def test_only_the_first_answer_counts_and_forged_ones_never(house: Any, tell: Any) -> None:
    one = house.service.asked[0][0]
    await tell(one.hook, "authorized:forged", x_secret="guess")
    await house.work()
    assert house.service.redeemed == []
    await tell(one.hook, "authorized:first")
    await tell(one.hook, "authorized:second")
    await tell(one.hook, "refused:Too late.")
    await house.work()
    await tell(one.hook, "authorized:third")
    await house.work()
    assert house.service.redeemed == [(one.address, "first")]
    assert (await row(house, one.address)).state == "done"


async def test_a_refusal_is_shown_in_the_services_words_and_asked_again_later(
    house: Any, tell: Any
) -> None:
    for one in house.service.asked[0]:
        await tell(one.hook, "refused:The mailbox is blocked.")
    await house.work()
    calendar = await house.calendar()
    assert (calendar.reason, calendar.detail) == (
        "authorization_refused",
        "The mailbox is blocked.",
    )
    await house.work(hours=2)
    assert len(house.service.asked) == 1
    assert (await house.calendar()).reason == "authorization_refused"
    await house.work(hours=5)
    assert len(house.service.asked) == 2
    assert (await house.calendar()).reason == "authorizing"


async def test_silence_ends_after_a_quarter_of_an_hour(house: Any) -> None:
    await house.work(minutes=14)
    assert len(house.service.asked) == 1
    await house.work(minutes=1)
    assert "has not answered in time" in ((await house.calendar()).detail or "")
    await house.work(minutes=1)
    assert len(house.service.asked) == 2

    def asked() -> int:
        return sum(one.address == "atlas" for batch in house.service.asked for one in batch)

    gaps = []
    for _ in range(9):
        before, waited = asked(), timedelta(0)
        while asked() == before:
            await house.work(minutes=15)
            waited += timedelta(minutes=15)
        gaps.append(waited)
    assert gaps[0] < timedelta(hours=1)
    assert gaps[-1] > timedelta(hours=1)


async def test_an_answer_after_the_silence_counts_still(house: Any, tell: Any) -> None:
    one = house.service.asked[0][0]
    await house.work(minutes=15)
    await tell(one.hook, "authorized:late")
    await house.work()
    assert house.service.redeemed == [(one.address, "late")]


async def test_a_code_survives_a_service_that_is_down(house: Any, tell: Any) -> None:
    house.service.faults["redeem"] = [UnavailableError("It is down.")] * 2
    one = house.service.asked[0][0]
    await tell(one.hook, "authorized:c0de")
    await house.work()
    assert house.service.redeemed == []
    await house.work(minutes=1)
    await house.work(minutes=2)
    assert house.service.redeemed == [(one.address, "c0de")]
    assert len(house.service.asked) == 1


async def test_a_code_that_is_good_no_more_is_asked_for_anew(house: Any, tell: Any) -> None:
    house.service.faults["redeem"] = [MalformedAnswerError("No such code.")]
    one = house.service.asked[0][0]
    await tell(one.hook, "authorized:c0de")
    await house.work()
    await house.work(minutes=1)
    again = [post for batch in house.service.asked[1:] for post in batch]
    assert [post.address for post in again] == [one.address]


async def test_an_authorisation_that_is_taken_back_is_asked_for_again(
    house: Any, tell: Any, admin: Any
) -> None:
    one = house.service.asked[0][0]
    await tell(one.hook, "authorized:c0de")
    await house.work()
    async with admin.store.transaction() as session:
        await session.delete(
            await session.get_one(ConnectionToken, (house.connection, one.address))
        )
    await house.work(seconds=61)
    assert (await house.calendar(one.address)).reason == "authorizing"
    await house.work(minutes=2)
    assert any(p.address == one.address for batch in house.service.asked[1:] for p in batch)


async def test_sixty_calendars_are_asked_for_in_batches(push_house: Any) -> None:
    push_house.service.needs_authorization = True
    push_house.service.calendars = {f"room{n}": [] for n in range(60)}
    await push_house.connect("Many")
    await push_house.use(*push_house.service.calendars)
    await push_house.work()
    await push_house.work(seconds=1)
    assert sorted(map(len, push_house.service.asked)) == [10, 50]


async def test_asking_that_fails_backs_off_and_says_why(push_house: Any) -> None:
    push_house.service.needs_authorization = True
    push_house.service.faults["authorize"] = [CredentialsRejectedError("Sign in again.")]
    await push_house.use("atlas")
    await push_house.work()
    await push_house.work(seconds=1)
    calendar = await push_house.calendar()
    assert (calendar.reason, calendar.detail) == ("authorizing", "Sign in again.")
    await push_house.work(hours=1)
    assert len(push_house.service.asked) == 1
    await push_house.work(hours=12)
    assert len(push_house.service.asked) == 2


async def test_the_codes_and_tokens_stand_sealed_and_go_with_the_connection(
    house: Any, tell: Any, admin: Any
) -> None:
    one = house.service.asked[0][0]
    await tell(one.hook, "authorized:a-code-that-nobody-sees")
    files = [path.read_bytes() for path in admin.settings.data_dir.iterdir() if path.is_file()]
    assert not any(b"a-code-that-nobody-sees" in content for content in files)
    await house.work()
    files = [path.read_bytes() for path in admin.settings.data_dir.iterdir() if path.is_file()]
    assert not any(b"a-code-that-nobody-sees" in content for content in files)
    await services.disconnect_service(house.admin, house.owner, house.connection, confirm=True)
    async with admin.store.reading() as session:
        assert await session.get(ConnectionToken, (house.connection, one.address)) is None
        assert await session.get(CalendarHook, (await row_or_none(session)) or "") is None


async def row_or_none(session: Any) -> str | None:
    from sqlalchemy import select  # noqa: PLC0415

    return await session.scalar(select(CalendarHook.id).limit(1))
