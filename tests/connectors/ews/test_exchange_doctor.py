"""Each thing that is known to go wrong with Exchange is provoked, and the doctor names it."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from exchangebench import ACCOUNT, NOW, ORGANISER, ROOM, WRONG, Exchange
from simulators.organisation import Draft, Processing
from simulators.organisation.from_ical import put_ical
from simulators.serve import Tls

from roomdisplay.connectors.contract import PLAIN, WINDOW
from roomdisplay.connectors.diagnosis import DiagnosingConnector, Finding, Probe, Verdict
from roomdisplay.connectors.ews import REASONS
from roomdisplay.connectors.ews.connector import ExchangeConnector
from roomdisplay.connectors.ews.invitation import Invitation

PROBE = Probe(window=WINDOW, zone="Europe/Berlin")


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with Exchange().running() as one:
        yield one


async def found(connector: ExchangeConnector, probe: Probe = PROBE) -> list[Finding]:
    assert isinstance(connector, DiagnosingConnector)
    return [one async for one in connector.diagnose(probe)]


def wrong(findings: list[Finding]) -> dict[str, Verdict]:
    """What is wrong, by reason."""
    return {
        one.diagnosis.reason: one.verdict
        for one in findings
        if one.diagnosis is not None and one.verdict is not Verdict.SKIPPED
    }


async def only_wrong(exchange: Exchange, *args: Any, **values: str) -> str:
    """The one thing that is bad."""
    bad = [
        reason
        for reason, verdict in wrong(await found(exchange.connector(*args, **values))).items()
        if verdict is Verdict.BAD
    ]
    assert len(bad) == 1, bad
    return bad[0]


def invited(exchange: Exchange) -> str:
    start = NOW + timedelta(hours=10)
    draft = Draft(
        subject="Budget",
        start=start,
        end=start + timedelta(hours=1),
        rooms=(ROOM,),
        body="Agenda",
        zone="Europe/Berlin",
    )
    return exchange.company.invite(ORGANISER, draft)


async def test_all_is_well(exchange: Exchange) -> None:
    invited(exchange)
    findings = await found(exchange.connector())
    assert {one.verdict for one in findings} == {Verdict.GOOD}, findings
    assert len(findings) == 12
    assert all(one.check.startswith("exchange_") for one in findings)


async def test_a_name_that_is_none(exchange: Exchange) -> None:
    def nowhere(host: str, _port: int) -> list[tuple[str, int]]:
        raise socket.gaierror(socket.EAI_NONAME, f"no such name: {host}")

    findings = await found(exchange.connector(look_up=nowhere, server="mail.example.com"))
    assert wrong(findings) == {"exchange_name_not_found": Verdict.BAD}
    skipped = [one for one in findings if one.verdict is Verdict.SKIPPED]
    assert len(skipped) > 5
    assert {one.diagnosis.reason for one in skipped if one.diagnosis} == {"exchange_name_not_found"}


async def test_nobody_answers(exchange: Exchange, closed_port: int) -> None:
    assert await only_wrong(exchange, server=f"127.0.0.1:{closed_port}") == "exchange_unreachable"


async def test_a_certificate_of_nobody_known(exchange: Exchange) -> None:
    assert await only_wrong(exchange, authority=Tls().authority_pem) == "exchange_untrusted"


async def test_a_certificate_of_another_name(exchange: Exchange) -> None:
    def here(_host: str, port: int) -> list[tuple[str, int]]:
        return [("127.0.0.1", port)]

    connector = exchange.connector(look_up=here, server=f"mail.example.com:{exchange.port}")
    assert wrong(await found(connector)) == {"exchange_untrusted": Verdict.BAD}


async def test_an_address_where_we_never_go(exchange: Exchange) -> None:
    assert await only_wrong(exchange, server="169.254.169.254") == "exchange_forbidden_address"


async def test_a_proxys_sign_in_page(exchange: Exchange) -> None:
    exchange.server.forms = True
    assert await only_wrong(exchange) == "exchange_wrong_url"


async def test_another_address_of_the_server(exchange: Exchange) -> None:
    reason = await only_wrong(exchange, server=f"{exchange.origin}/owa/exchange.asmx")
    assert reason == "exchange_not_ews"


async def test_a_wrong_password_is_sent_once(exchange: Exchange) -> None:
    findings = await found(exchange.connector(WRONG, sign_in="ntlm"))
    assert wrong(findings) == {
        "exchange_password": Verdict.BAD,
        "exchange_extended_protection": Verdict.WARNING,
    }
    assert exchange.server.sign_in.tries == [ACCOUNT]


async def test_by_basic_it_is_the_password(exchange: Exchange) -> None:
    findings = await found(exchange.connector(WRONG, sign_in="basic"))
    assert wrong(findings) == {"exchange_password": Verdict.BAD}
    assert exchange.server.sign_in.tries == [ACCOUNT]


async def test_a_locked_account(exchange: Exchange) -> None:
    body = b"<html>The referenced account is currently locked out</html>"
    exchange.server.faults.order("GetRoomLists", status=401, body=body)
    assert await only_wrong(exchange) == "exchange_account_locked"


async def test_an_expired_password(exchange: Exchange) -> None:
    body = b"<html>The password has expired.</html>"
    exchange.server.faults.order("GetRoomLists", status=401, body=body)
    assert await only_wrong(exchange) == "exchange_password_expired"


async def test_extended_protection_behind_another_certificate() -> None:
    exchange = Exchange(schemes=("NTLM",))
    exchange.server.protect(Tls().authority_pem.encode())
    async with exchange.running():
        findings = await found(exchange.connector())
    assert wrong(findings)["exchange_extended_protection"] is Verdict.WARNING


async def test_basic_is_not_offered() -> None:
    async with Exchange(schemes=("NTLM",)).running() as exchange:
        assert await only_wrong(exchange, sign_in="basic") == "exchange_basic_refused"
        assert exchange.server.sign_in.tries == []


async def test_nothing_that_fits_is_offered() -> None:
    async with Exchange(schemes=("Bearer",)).running() as exchange:
        assert await only_wrong(exchange) == "exchange_no_common_sign_in"


async def test_kerberos_is_not_installed(exchange: Exchange) -> None:
    assert await only_wrong(exchange, sign_in="kerberos") == "exchange_kerberos_missing"


async def test_ews_is_switched_off(exchange: Exchange) -> None:
    exchange.server.ews_enabled = False
    assert await only_wrong(exchange) == "exchange_ews_disabled"


async def test_the_role_is_missing(exchange: Exchange) -> None:
    exchange.server.rights.impersonation.clear()
    findings = await found(exchange.connector())
    (bad,) = [one for one in findings if one.verdict is Verdict.BAD]
    assert bad.diagnosis is not None
    assert bad.diagnosis.reason == "exchange_impersonation_denied"
    assert bad.diagnosis.params == {"account": ACCOUNT, "room": ROOM}


async def test_the_scope_does_not_hold_the_room(exchange: Exchange) -> None:
    exchange.server.rights.allow_impersonation(ACCOUNT, lambda one: one.address != ROOM)
    assert await only_wrong(exchange) == "exchange_impersonation_denied"


async def test_a_delegate_without_permission(exchange: Exchange) -> None:
    assert await only_wrong(exchange, access="delegate") == "exchange_no_access"


async def test_a_second_address(exchange: Exchange) -> None:
    exchange.server.rights.aliases["atlas-alias@example.com"] = ROOM
    probe = Probe(window=WINDOW, zone="Europe/Berlin", room="atlas-alias@example.com")
    assert wrong(await found(exchange.connector(), probe)) == {
        "exchange_non_primary_address": Verdict.BAD
    }


async def test_no_such_mailbox(exchange: Exchange) -> None:
    probe = Probe(window=WINDOW, zone="Europe/Berlin", room="nobody@example.com")
    assert wrong(await found(exchange.connector(), probe)) == {"exchange_no_mailbox": Verdict.BAD}


async def test_no_room_lists(exchange: Exchange) -> None:
    exchange.company.room_lists.clear()
    findings = await found(exchange.connector())
    assert wrong(findings) == {"exchange_no_room_lists": Verdict.WARNING}
    assert "exchange_no_room_to_try" in {
        one.diagnosis.reason for one in findings if one.diagnosis is not None
    }


async def test_an_empty_room_list(exchange: Exchange) -> None:
    exchange.company.room_list("Building 2")
    assert wrong(await found(exchange.connector())) == {"exchange_empty_room_list": Verdict.WARNING}


async def test_titles_and_bodies_are_removed(exchange: Exchange) -> None:
    exchange.room.processing = Processing()
    invited(exchange)
    assert wrong(await found(exchange.connector())) == {
        "exchange_titles_replaced": Verdict.WARNING,
        "exchange_bodies_removed": Verdict.WARNING,
    }


async def test_the_server_asks_to_wait(exchange: Exchange) -> None:
    exchange.server.busy.order("FindItem", back_off=30_000)
    assert await only_wrong(exchange) == "exchange_throttled"


async def test_no_notifications_come_through(exchange: Exchange) -> None:
    exchange.server.faults.order("GetStreamingEvents", drop=True)
    assert wrong(await found(exchange.connector())) == {"exchange_no_streaming": Verdict.WARNING}


@pytest.mark.parametrize("processing", [None, Processing()])
async def test_an_invitation_that_is_removed_again(
    exchange: Exchange, processing: Processing | None
) -> None:
    if processing is not None:
        exchange.room.processing = processing
    put_ical(exchange.room, {"plain": PLAIN})
    probe = Probe(window=WINDOW, zone="Europe/Berlin", invitation=True)
    findings = await found(exchange.connector(), probe)
    expected = (
        {}
        if processing is None
        else {
            "exchange_titles_replaced": Verdict.WARNING,
            "exchange_bodies_removed": Verdict.WARNING,
            "exchange_private_removed": Verdict.WARNING,
            "exchange_links_removed": Verdict.WARNING,
        }
    )
    assert wrong(findings) == expected
    assert [one.check for one in findings if "invitation" in one.check] == [
        "exchange_invitation_arrives",
        "exchange_invitation_removed",
    ]
    assert [one.subject for one in exchange.room.items.values()] == ["Planning"]
    assert not exchange.company.mailbox(ACCOUNT).items


async def test_the_password_is_in_no_finding(exchange: Exchange) -> None:
    for connector in (exchange.connector(), exchange.connector(WRONG)):
        text = repr(await found(connector))
        assert WRONG not in text
        assert "right-password" not in text


async def test_a_doctor_who_is_called_away_still_tidies_up(exchange: Exchange) -> None:
    probe = Probe(window=WINDOW, zone="Europe/Berlin", invitation=True)
    findings = exchange.connector().diagnose(probe)
    async for finding in findings:
        if finding.check == "exchange_invitation_arrives":
            break
    assert exchange.room.items
    await findings.aclose()
    assert not exchange.room.items
    assert not exchange.company.mailbox(ACCOUNT).items


async def test_the_room_does_not_answer(exchange: Exchange) -> None:
    exchange.room.processing = Processing(auto_accept=False)
    probe = Probe(window=WINDOW, zone="Europe/Berlin", invitation=True)
    invitation = Invitation(
        exchange.machinery_server(), ROOM, lambda: exchange.now, looks=(0.01, 0.01)
    )
    findings = [one async for one in invitation.findings(probe.zone)]
    assert "exchange_invitation_not_accepted" in wrong(findings)
    assert not exchange.room.items


async def test_the_invitation_cannot_be_sent(exchange: Exchange) -> None:
    exchange.server.busy.order("CreateItem", code="ErrorSendAsDenied", back_off=None)
    probe = Probe(window=WINDOW, zone="Europe/Berlin", invitation=True)
    assert wrong(await found(exchange.connector(), probe)) == {
        "exchange_invitation_not_sent": Verdict.BAD
    }


async def test_the_invitation_cannot_be_removed(exchange: Exchange) -> None:
    exchange.server.busy.order("DeleteItem", code="ErrorDeleteItemsFailed", times=9)
    probe = Probe(window=WINDOW, zone="Europe/Berlin", invitation=True)
    findings = await found(exchange.connector(), probe)
    assert wrong(findings)["exchange_invitation_not_removed"] is Verdict.BAD


async def test_a_service_account_without_a_mailbox(exchange: Exchange) -> None:
    exchange.server.busy.order("GetRoomLists", code="ErrorNonExistentMailbox", back_off=None)
    probe = Probe(window=WINDOW, zone="Europe/Berlin", room=ROOM)
    findings = await found(exchange.connector(), probe)
    assert wrong(findings) == {"exchange_service_account_without_mailbox": Verdict.BAD}
    assert {one.check: one.verdict for one in findings}["exchange_reads_week"] is Verdict.GOOD


async def test_too_many_subscriptions(exchange: Exchange) -> None:
    exchange.server.busy.order("Subscribe", code="ErrorExceededSubscriptionCount", back_off=None)
    assert wrong(await found(exchange.connector())) == {
        "exchange_too_many_subscriptions": Verdict.WARNING
    }


async def test_zones_and_times_that_get_lost(exchange: Exchange) -> None:
    invited(exchange)
    connector = exchange.connector()
    await connector.check()
    exchange.server.traffic.clear()
    await connector.read(ROOM, WINDOW)
    for operation in ("FindItem", "GetItem"):
        body = next(
            one for one in exchange.server.traffic if f"{operation}Response".encode() in one
        )
        body = re.sub(rb"<t:StartTimeZone.*?(?:/>|</t:StartTimeZone>)", b"", body, flags=re.DOTALL)
        exchange.server.faults.order(operation, status=200, body=body, times=9)
    assert wrong(await found(exchange.connector())) == {"exchange_zone_lost": Verdict.WARNING}
    exchange.server.faults.clear()
    for operation in ("FindItem", "GetItem"):
        body = next(
            one for one in exchange.server.traffic if f"{operation}Response".encode() in one
        )
        exchange.server.faults.order(
            operation, status=200, body=re.sub(rb"<t:End>[^<]*", b"<t:End>", body), times=9
        )
    findings = wrong(await found(exchange.connector()))
    assert findings["exchange_unreadable_meetings"] is Verdict.WARNING


def test_every_reason_is_provoked() -> None:
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    assert [one for one in REASONS if not any(f'"{one}"' in text for text in texts)] == []
