"""The window of Enterprise Connect, walked through as a browser walks through it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import lxml.html
import pytest
from simulators.cronofy import Application, CronofySimulator, Receiver
from simulators.ews import EwsSimulator
from simulators.organisation import Organisation
from simulators.serve import Tls, running

SERVICE, ROOM, OUTSIDE = "service@example.com", "board@example.com", "cellar@example.com"
BACK = "https://rooms.example.com/services/cronofy/back?from=window"
AUTHORIZE = "/enterprise_connect/oauth/authorize"
ASKED = {
    "response_type": "code",
    "redirect_uri": BACK,
    "scope": "service_account/resources/manage service_account/resources/unrestricted_access",
    "delegated_scope": "read_account list_calendars read_events create_event delete_event",
    "state": "opaque & <odd>",
}
FILLED = {
    "email": SERVICE,
    "impersonation_email": ROOM,
    "password": "right",
    "terms": "on",
    "privacy": "on",
}


@dataclass(slots=True)
class Clock:
    now: datetime = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Bench:
    clock: Clock
    ews: EwsSimulator
    ews_url: str
    simulator: CronofySimulator
    browser: httpx.AsyncClient

    async def open(self, language: str = "en", **changed: str | None) -> httpx.Response:
        asked = {"client_id": self.simulator.application.client_id, **ASKED, **changed}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        return await self.browser.get(f"{AUTHORIZE}?{query}", headers={"Accept-Language": language})

    async def submit(self, page: httpx.Response, action: str, **filled: str) -> httpx.Response:
        """Send the page's form with what a person did to it, and whatever was in it already."""
        (form,) = lxml.html.document_fromstring(page.text).forms
        fields = {name: value for name, value in form.form_values() if value}
        name, _, value = action.partition("=")
        assert form.method == "POST"
        headers = {"Accept-Language": page.headers["Content-Language"]}
        return await self.browser.post(
            form.action, data=fields | filled | {name: value}, headers=headers
        )


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    clock, tls = Clock(), Tls()
    organisation = Organisation("Europe/Paris", clock)
    organisation.add_person(SERVICE, "Service", password="right")
    organisation.add_room(ROOM, "Board room")
    organisation.add_room(OUTSIDE, "Cellar")
    ews = EwsSimulator(organisation)
    ews.rights.allow_impersonation(SERVICE, lambda mailbox: mailbox.address != OUTSIDE)
    application = Application(redirect_uris=[BACK])
    async with running(ews.app, tls=tls) as exchange:
        simulator = CronofySimulator(
            organisation,
            application=application,
            ews_url=f"{exchange}/EWS/Exchange.asmx",
            trust=tls.client_context(),
        )
        async with (
            running(simulator.app) as origin,
            httpx.AsyncClient(base_url=origin, trust_env=False) as browser,
        ):
            yield Bench(clock, ews, exchange, simulator, browser)


def words_of(page: httpx.Response) -> str:
    return " ".join(str(lxml.html.document_fromstring(page.text).text_content()).split())


def labels(page: httpx.Response) -> dict[str, str]:
    """What each field that people see is called, by its name."""
    document = lxml.html.document_fromstring(page.text)
    named = {
        one.get("for"): " ".join(str(one.text_content()).split()) for one in document.iter("label")
    }
    inputs = [one for one in document.iter("input") if one.get("type") != "hidden"]
    assert {one.get("id") for one in inputs} == set(named)
    return {one.get("name"): named[one.get("id")] for one in inputs}


def faults_of(page: httpx.Response) -> set[str]:
    """The fields that are marked as wrong; each says why, and none has kept the password."""
    document = lxml.html.document_fromstring(page.text)
    wrong = [one for one in document.iter("input") if one.get("aria-invalid") == "true"]
    for one in wrong:
        assert document.get_element_by_id(one.get("aria-describedby")).text_content().strip()
    assert page.status_code == (422 if wrong else 200)
    assert "right" not in [one.get("value") for one in document.iter("input")]
    return {one.get("name") for one in wrong}


def sent_back(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert location.startswith(BACK)
    return {name: value for name, (value,) in parse_qs(urlsplit(location).query).items()}


async def test_an_account_is_linked_and_its_tokens_work(bench: Bench) -> None:
    page = await bench.open()
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    answer = sent_back(await bench.submit(page, "action=link", **FILLED))
    assert set(answer) == {"from", "code", "state"}
    assert answer["state"] == ASKED["state"]
    assert list(bench.ews.calls) == [("GetFolder", ROOM)]
    application = bench.simulator.application
    client = {
        "client_id": application.client_id,
        "client_secret": application.client_secrets[0],
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": BACK,
    }
    told = (await bench.browser.post("/oauth/token", json=client)).json()
    assert told["sub"].startswith("ser_")
    assert told["service_account"] == {"provider_name": "exchange", "domain": "example.com"}
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    info = (await bench.browser.get("/v1/userinfo", headers=headers)).json()
    assert (info["email"], info["cronofy.type"]) == (SERVICE, "service_account")
    again = await bench.submit(page, "action=link", **FILLED)
    assert again.status_code == 400


async def test_rooms_are_opened_only_as_far_as_exchange_allows(bench: Bench) -> None:
    answer = sent_back(await bench.submit(await bench.open(), "action=link", **FILLED))
    application, receiver = bench.simulator.application, Receiver()
    client = {"client_id": application.client_id, "client_secret": application.client_secrets[0]}
    exchanged = await bench.browser.post(
        "/oauth/token",
        data=client
        | {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": BACK},
    )
    headers = {"Authorization": f"Bearer {exchanged.json()['access_token']}"}
    outcomes: dict[str, dict[str, Any]] = {}
    async with running(receiver) as callback:
        for room in (ROOM, OUTSIDE):
            wish = {"email": room, "callback_url": callback, "scope": "read_events"}
            path = "/v1/service_account_authorizations"
            await bench.browser.post(path, json=wish, headers=headers)
            outcomes[room] = (await receiver.next()).json["authorization"]
    assert "code" in outcomes[ROOM]
    assert outcomes[OUTSIDE]["error_key"] == "errors.impersonation_denied"


@pytest.mark.parametrize(
    ("language", "expected", "buttons"),
    [
        (
            "fr-CA, en;q=0.5",
            {
                "email": "Adresse e-mail",
                "impersonation_email": "E-mail d\u2019impersonation",
                "password": "Mot de passe",
                "terms": "J\u2019accepte les Conditions de service",
                "privacy": "J\u2019accepte l\u2019Accord de politique de confidentialité",
            },
            ["Lier le compte", "Annuler"],
        ),
        (
            "de, en-GB;q=0.8, fr;q=0.7",
            {
                "email": "Email address",
                "impersonation_email": "Impersonation email",
                "password": "Password",
                "terms": "I accept the Terms of Service",
                "privacy": "I accept the Privacy Policy agreement",
            },
            ["Link account", "Cancel"],
        ),
    ],
)
async def test_the_words(
    bench: Bench, language: str, expected: dict[str, str], buttons: list[str]
) -> None:
    page = await bench.open(language)
    assert labels(page) == expected
    document = lxml.html.document_fromstring(page.text)
    assert document.get("lang") == page.headers["Content-Language"]
    assert [one.text_content() for one in document.iter("button")] == buttons
    for link in document.xpath("//label/a/@href | //link/@href"):
        assert (await bench.browser.get(link)).status_code == 200


async def test_nothing_is_linked_without_both_consents(bench: Bench) -> None:
    page = await bench.open()
    for name in ("terms", "privacy"):
        filled = {field: value for field, value in FILLED.items() if field != name}
        assert faults_of(await bench.submit(page, "action=link", **filled)) == {name}
    assert faults_of(await bench.submit(page, "action=link")) == set(FILLED)
    assert not bench.ews.calls
    assert not bench.simulator.directory.service_accounts


@pytest.mark.parametrize("schemes", [("Negotiate", "NTLM"), ("Basic",)])
async def test_exchange_is_asked_whether_it_is_true(bench: Bench, schemes: tuple[str, ...]) -> None:
    bench.ews.sign_in.schemes = schemes
    page = await bench.open("fr")
    for changed, wrong, words in (
        ({"password": "guessed"}, "password", "Le serveur a refusé"),
        ({"impersonation_email": OUTSIDE}, "impersonation_email", "pas le droit"),
        ({"impersonation_email": "nobody"}, "impersonation_email", "pas une adresse e-mail"),
        ({"email": "<b>@x"}, "password", "Le serveur a refusé"),
    ):
        page = await bench.submit(page, "action=link", **FILLED | changed)
        assert faults_of(page) == {wrong}
        assert words in words_of(page)
        assert "<b>" not in page.text
    bench.ews.sign_in.lockout_after = 100
    assert "code" in sent_back(await bench.submit(page, "action=link", **FILLED))


async def test_a_server_is_asked_for_where_none_is_found(bench: Bench) -> None:
    bench.simulator.window.ews_url = None
    page = await bench.open()
    assert labels(page)["server"] == "Exchange server"
    assert faults_of(await bench.submit(page, "action=link", **FILLED)) == {"server"}
    for server in ("127.0.0.1:9", "http://127.0.0.1:9/EWS/Exchange.asmx", "a b", "ftp://x"):
        page = await bench.submit(page, "action=link", **FILLED, server=server)
        assert faults_of(page) == {"server"}
    host = urlsplit(bench.ews_url).netloc
    answer = await bench.submit(page, "action=link", **FILLED, server=host)
    assert "code" in sent_back(answer)


async def test_who_cancels_goes_back(bench: Bench) -> None:
    answer = sent_back(await bench.submit(await bench.open(), "action=cancel"))
    assert answer == {"from": "window", "error": "access_denied", "state": ASKED["state"]}


async def test_strangers_are_not_sent_back(bench: Bench) -> None:
    for changed, status, words in (
        ({"client_id": "somebody"}, 400, "not registered"),
        ({"redirect_uri": "https://evil.example.net/"}, 400, "not registered"),
        ({"redirect_uri": BACK + "&more"}, 400, "not registered"),
        ({"redirect_uri": None}, 400, "not registered"),
    ):
        page = await bench.open(**changed)
        assert (page.status_code, "Location" in page.headers) == (status, False)
        assert words in words_of(page)
    bench.simulator.application.plan = "starter"
    assert (await bench.open()).status_code == 402
    bench.simulator.application.data_centre = "de"
    assert "not registered" in words_of(await bench.open())


async def test_wrong_requests_are_sent_back_with_a_code(bench: Bench) -> None:
    for changed, error in (
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "service_account/everything"}, "invalid_scope"),
        ({"delegated_scope": None}, "invalid_scope"),
        ({"delegated_scope": "read_minds"}, "invalid_scope"),
    ):
        assert sent_back(await bench.open(**changed))["error"] == error


async def test_a_page_that_stood_open_too_long(bench: Bench) -> None:
    page = await bench.open()
    bench.clock.now += timedelta(minutes=31)
    answer = await bench.submit(page, "action=link", **FILLED)
    assert answer.status_code == 400
    assert "too long" in words_of(answer)


async def test_office_365_is_chosen_and_consented_to(bench: Bench) -> None:
    bench.simulator.window.providers = ("office365", "exchange")
    page = await bench.open("fr")
    assert "Quel service de calendrier" in words_of(page)
    page = await bench.submit(page, "provider=office365")
    assert set(labels(page)) == {"email", "terms", "privacy"}
    assert "lister les salles" in words_of(page)
    consents = {"terms": "on", "privacy": "on"}
    wrong = await bench.submit(page, "action=link", email="nobody@example.com", **consents)
    assert faults_of(wrong) == {"email"}
    answer = await bench.submit(page, "action=link", email=SERVICE, **consents)
    assert "code" in sent_back(answer)
    assert set(labels(await bench.open(provider_name="exchange"))) == set(FILLED)
