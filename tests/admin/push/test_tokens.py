"""Tokens that services issue: sealed, durable before use, of one connection alone."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import ServiceError
from roomdisplay.admin.news import News
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.security.sealing import Sealer
from roomdisplay.admin.store import Store
from roomdisplay.admin.store.tables import ConnectionToken
from roomdisplay.admin.token_store import StoredTokens, all_tokens
from roomdisplay.admin.use_cases import services

FORM = {"url": "https://calendar.example.com/", "password": "open sesame"}


@pytest.fixture
async def tokens(push_house: Any) -> StoredTokens:
    return StoredTokens(push_house.admin, push_house.connection)


async def test_what_was_written_is_there_for_another_process(
    push_house: Any, admin: Admin, tokens: StoredTokens
) -> None:
    await tokens.write("service", b"first")
    await tokens.write("service", b"second")
    store = Store(admin.settings.database_url, News())
    elsewhere = StoredTokens(replace(admin, store=store), push_house.connection)
    assert await elsewhere.read("service") == b"second"
    assert await elsewhere.read("atlas") is None
    await elsewhere.write("service", None)
    await store.close()
    assert await tokens.read("service") is None


async def test_tokens_belong_to_their_connection_and_their_subject(
    push_house: Any, admin: Admin, tokens: StoredTokens
) -> None:
    await tokens.write("service", b"ours")
    other = StoredTokens(admin, await push_house.connect("Other"))
    assert await other.read("service") is None
    async with admin.store.transaction() as session:  # somebody with the database alone
        row = await session.get_one(ConnectionToken, (tokens._connection_id, "service"))
        for connection_id, subject in (
            (push_house.connection, "service"),
            (tokens._connection_id, "x"),
        ):
            session.add(
                ConnectionToken(
                    connection_id=connection_id,
                    subject=subject,
                    sealed=row.sealed,
                    written_at=row.written_at,
                )
            )
    assert await other.read("service") is None
    assert await tokens.read("x") is None


async def test_with_another_key_nothing_is_read(admin: Admin, tokens: StoredTokens) -> None:
    await tokens.write("service", b"ours")
    elsewhere = replace(admin, sealer=Sealer(os.urandom(32), "elsewhere"))
    assert await StoredTokens(elsewhere, tokens._connection_id).read("service") is None
    assert await all_tokens(elsewhere, tokens._connection_id) == {}


async def test_what_is_disconnected_keeps_nothing(
    push_house: Any, admin: Admin, owner: Actor, tokens: StoredTokens
) -> None:
    await tokens.write("service", b"ours")
    await services.disconnect_service(admin, owner, push_house.connection)
    await tokens.write("service", b"late")  # by a reading that was under way
    assert await tokens.read("service") is None


async def test_a_try_that_fails_leaves_no_token(
    push_house: Any, admin: Admin, owner: Actor, tokens: StoredTokens
) -> None:
    await tokens.write("service", b"ours")
    form = {**FORM, "url": "https://elsewhere.example.com/", "password": "wrong"}
    with pytest.raises(ServiceError):
        await services.change_connection(admin, owner, push_house.connection, form)
    assert await tokens.read("service") == b"ours"
    form["password"] = "open sesame"
    await services.change_connection(admin, owner, push_house.connection, form)
    assert await tokens.read("service") is None  # of the account before


async def test_the_connector_of_a_reading_has_its_connections_tokens(
    push_house: Any, tokens: StoredTokens
) -> None:
    push_house.service.needs_authorization = True
    await tokens.write("atlas", b"of the room")
    await push_house.use("atlas", "zephyr")
    await push_house.work()
    assert (await push_house.calendar("atlas")).reason is None
    assert (await push_house.calendar("zephyr")).reason == "authorizing"


async def test_an_error_in_the_form_names_what_exactly_is_wrong(
    push_house: Any, admin: Admin, owner: Actor
) -> None:
    from roomdisplay.connectors.base import Diagnosis, PermissionMissingError  # noqa: PLC0415

    diagnosis = Diagnosis("permission_missing", {"room": "atlas"})
    error = PermissionMissingError("Not allowed.", diagnosis=diagnosis)
    push_house.service.faults["check"] = [error]
    with pytest.raises(ServiceError) as refused:
        await services.check_connection(admin, owner, push_house.connection)
    assert refused.value.diagnosis == diagnosis
