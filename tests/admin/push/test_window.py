"""Services connected in a window of their own: there, back once, for one browser, then saved."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from sqlalchemy import select

from roomdisplay.admin.app import create_app
from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RefusedError,
    ServiceError,
)
from roomdisplay.admin.security.roles import Actor, Role
from roomdisplay.admin.store.tables import Consent, PendingConnection, Session
from roomdisplay.admin.token_store import StoredTokens, all_tokens
from roomdisplay.admin.use_cases import audit, consents, rooms, services, settings
from roomdisplay.admin.use_cases.authorization import begin_authorization, finish_authorization

AGREED = {"terms": "", "privacy": ""}
FORM = {"url": "http://127.0.0.1:9/", "window": "yes", "password": "client secret"}


@pytest.fixture
async def there(admin: Admin, service: Any, unused_tcp_port: int) -> AsyncIterator[Admin]:
    """An Admin Center that answers on loopback, as the service does; with a browser's sessions."""
    service.calendars = {"atlas": [], "zephyr": []}
    admin = replace(
        admin,
        settings=replace(admin.settings, public_origins=(f"http://127.0.0.1:{unused_tcp_port}",)),
    )
    async with admin.store.transaction() as session:
        for id_ in ("this browser", "another browser"):
            session.add(
                Session(
                    id=id_,
                    token_hash=id_,
                    created_at=admin.clock(),
                    last_seen_at=admin.clock(),
                    expires_at=admin.clock(),
                )
            )
    config = uvicorn.Config(
        create_app(admin), port=unused_tcp_port, log_config=None, lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
    yield admin
    server.should_exit = True
    await serving


async def begin(admin: Admin, actor: Actor, **other: Any) -> str:
    """Go to the window; the state that it comes back with."""
    url = await begin_authorization(
        admin,
        actor,
        "this browser",
        "push",
        other.pop("name", "Cronofy"),
        other.pop("form", FORM),
        other.pop("consents", AGREED),
        **other,
    )
    query = parse_qs(urlsplit(url).query)
    assert query["redirect_uri"] == [f"{admin.settings.canonical_origin}/connect/callback"]
    return query["state"][0]


async def test_there_and_back_connects_the_service(
    there: Admin, owner: Actor, service: Any
) -> None:
    service.codes["c0de"] = "the service's token"
    state = await begin(there, owner)
    assert await services.list_connections(there, owner) == []
    id_ = await finish_authorization(there, owner, "this browser", state, code="c0de")
    view = await services.get_connection(there, owner, id_)
    assert (view.name, view.calendars, view.secret_keys) == ("Cronofy", 2, {"password"})
    assert await StoredTokens(there, id_).read("service") == b"the service's token"
    agreed = await consents.list_consents(there, owner, id_)
    assert [(one.document, one.person) for one in agreed] == [
        ("terms", "Ada Owner"),
        ("privacy", "Ada Owner"),
    ]


async def test_a_state_is_good_once_for_one_browser_for_half_an_hour(
    there: Admin, owner: Actor, service: Any, clock: Any
) -> None:
    service.codes = {"one": "t", "two": "t", "three": "t"}
    state = await begin(there, owner)
    with pytest.raises(RefusedError, match="authorization_over"):
        await finish_authorization(there, owner, "another browser", state, code="one")
    with pytest.raises(RefusedError, match="authorization_over"):
        await finish_authorization(there, owner, "this browser", state + "x", code="one")
    await finish_authorization(there, owner, "this browser", state, code="one")
    with pytest.raises(RefusedError, match="authorization_over"):
        await finish_authorization(there, owner, "this browser", state, code="two")
    state = await begin(there, owner, name="Late")
    clock.pass_(minutes=31)
    with pytest.raises(RefusedError, match="authorization_over"):
        await finish_authorization(there, owner, "this browser", state, code="three")
    assert len(await services.list_connections(there, owner)) == 1


async def test_whoever_says_no_connects_nothing(there: Admin, owner: Actor) -> None:
    state = await begin(there, owner)
    with pytest.raises(ServiceError) as refused:
        await finish_authorization(there, owner, "this browser", state, error="access_denied")
    assert (refused.value.key, refused.value.detail) == ("authorization_denied", "access_denied")
    state = await begin(there, owner)
    with pytest.raises(ServiceError) as refused:
        await finish_authorization(there, owner, "this browser", state, code="unknown")
    assert refused.value.key == "credentials_rejected"
    assert await services.list_connections(there, owner) == []


async def test_connecting_anew_keeps_the_connection_its_rooms_and_its_tokens(
    there: Admin, owner: Actor, service: Any
) -> None:
    service.codes = {"one": "first", "two": "second"}
    state = await begin(there, owner)
    id_ = await finish_authorization(there, owner, "this browser", state, code="one")
    await StoredTokens(there, id_).write("atlas", b"of a room")
    (calendar, _) = await services.list_calendars(there, owner)
    from roomdisplay.admin.use_cases import assignment  # noqa: PLC0415

    await assignment.create_rooms_from_calendars(
        there, owner, [calendar.id], timezone="Europe/Paris"
    )
    state = await begin(there, owner, form={**FORM, "password": ""}, connection_id=id_)
    again = await finish_authorization(there, owner, "this browser", state, code="two")
    assert again == id_
    assert await all_tokens(there, id_) == {"service": b"second", "atlas": b"of a room"}
    (room,) = await rooms.list_rooms(there, owner)
    assert room.calendar is not None
    state = await begin(
        there, owner, form={**FORM, "url": "http://127.0.0.1:10/"}, connection_id=id_
    )
    service.codes["three"] = "third"
    await finish_authorization(there, owner, "this browser", state, code="three")
    assert await all_tokens(there, id_) == {"service": b"third"}  # the others were another's


async def test_a_window_without_a_way_back_is_not_opened(
    there: Admin, owner: Actor, service: Any
) -> None:
    del service

    def at(*origins: str) -> Admin:
        return replace(there, settings=replace(there.settings, public_origins=origins))

    public = {**FORM, "url": "https://api.example.com/"}
    port = re.sub(r".*:", "", there.settings.canonical_origin)
    for admin, form, reason in (
        (there, public, "callback_needs_https"),
        (at("https://rooms.invalid"), public, "callback_not_public"),
        (at("https://localhost:8750"), public, "callback_needs_https"),
        (at("https://127.0.0.1:9"), FORM, "callback_unreachable"),
        (at(f"https://127.0.0.1:{port}"), FORM, "callback_unreachable"),
    ):
        with pytest.raises(ServiceError) as refused:
            await begin(admin, owner, form=form)
        assert refused.value.key == reason
        assert refused.value.diagnosis is not None
        assert refused.value.diagnosis.params["origin"] == admin.settings.canonical_origin
    async with there.store.reading() as session:
        assert (await session.scalars(select(PendingConnection))).all() == []


async def test_another_server_at_our_address_is_told_apart(
    there: Admin, owner: Actor, service: Any
) -> None:
    del service
    from roomdisplay.admin.security.sealing import Sealer  # noqa: PLC0415

    stranger = replace(there, sealer=Sealer(b"k" * 32, "elsewhere"))
    with pytest.raises(ServiceError, match="callback_answered_by_another"):
        await begin(stranger, owner)


async def test_what_is_missing_is_named_before_anything_is_asked(
    admin: Admin, owner: Actor, service: Any
) -> None:
    del service
    with pytest.raises(InvalidInputError) as refused:
        await begin(admin, owner, name=" ", form={"cloud": "moon"}, consents={"terms": ""})
    assert refused.value.fields == {
        "url": "field_needed",
        "cloud": "option_unknown",
        "name": "name_needed",
        "privacy": "consent_needed",
    }
    with pytest.raises(NotFoundError):
        await begin_authorization(admin, owner, "x", "caldav", "Dav", {"url": "https://a.b/"})


async def test_only_who_may_connect_opens_a_window(
    there: Admin, owner: Actor, service: Any
) -> None:
    service.codes = {"one": "t"}
    viewer = Actor(id=None, name="Vera", role=Role.VIEWER)
    with pytest.raises(ForbiddenError):
        await begin(there, viewer)
    state = await begin(there, owner)
    with pytest.raises(ForbiddenError):
        await finish_authorization(there, viewer, "this browser", state, code="one")


async def test_nothing_that_is_secret_is_told_or_stored_in_the_open(
    there: Admin, owner: Actor, service: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.codes["c0de-4711"] = "token-4711"
    state = await begin(there, owner)
    id_ = await finish_authorization(there, owner, "this browser", state, code="c0de-4711")
    await StoredTokens(there, id_).write("service", b"token-4712")
    files = [one.read_bytes() for one in there.settings.data_dir.iterdir() if one.is_file()]
    log = repr(await audit.list_audit(there, owner)) + caplog.text
    for secret in (state, "c0de-4711", "token-4711", "token-4712", FORM["password"]):
        assert not any(secret.encode() in content for content in files)
        assert secret not in log


async def test_consents_name_the_document_that_was_seen(
    admin: Admin, owner: Actor, service: Any
) -> None:
    service.calendars = {"atlas": []}
    form = {"url": "https://calendar.example.com/", "password": "open sesame"}
    terms = "https://example.com/terms"
    await settings.change_settings(admin, owner, "global", {"terms_url": terms})
    with pytest.raises(InvalidInputError) as refused:
        await services.connect_service(admin, owner, "push", "Mail", form, consents=AGREED)
    assert refused.value.fields == {"terms": "consent_changed"}
    agreed = {"terms": terms, "privacy": ""}
    id_ = await services.connect_service(admin, owner, "push", "Mail", form, consents=agreed)
    await settings.change_settings(admin, owner, "global", {"terms_url": None})
    await services.disconnect_service(admin, owner, id_)
    async with admin.store.reading() as session:
        kept = {row.document: row.address for row in await session.scalars(select(Consent))}
    assert kept == agreed
    assert "service.agreed" in {entry.action for entry in await audit.list_audit(admin, owner)}


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "http://example.com/terms", "https://", "terms", "x" * 3000]
)
async def test_documents_stand_at_https_addresses_for_the_whole_house(
    admin: Admin, owner: Actor, address: str
) -> None:
    with pytest.raises(InvalidInputError):
        await settings.change_settings(admin, owner, "global", {"terms_url": address})
    with pytest.raises(InvalidInputError):
        await settings.change_settings(
            admin, owner, "building:North", {"terms_url": "https://example.com/terms"}
        )
