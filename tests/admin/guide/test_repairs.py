"""Every reason of a connector has words and a repair, and every command of a repair is one."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.admin.guide import repairs
from roomdisplay.admin.guide.repairs import repair_for, values_of
from roomdisplay.admin.web.i18n import catalogue
from roomdisplay.connectors.base import Diagnosis
from roomdisplay.connectors.registry import SERVICES

GUIDED = ("office365", "exchange", "cronofy")
EACH = pytest.mark.parametrize("service", GUIDED)
ENTERED = {
    "office365": {"client_id": "71487acd-ec93-476d-bd0e-6c8b31831053"},
    "exchange": {"email": "svc@example.com", "impersonation_email": "atlas@example.com"},
    "cronofy": {"back_end": "exchange", "client_id": "x"},
}
PARAMS = {"room": "atlas@example.com", "account": "svc@example.com", "list": "Paris"}


def reasons(service: str) -> tuple[str, ...]:
    return tuple(import_module(SERVICES[service].module).REASONS)


@EACH
def test_every_reason_has_words_and_a_repair_in_both_languages(service: str) -> None:
    known = reasons(service)
    assert len(known) == len(set(known)) > 20
    for language in ("en", "fr"):
        t = catalogue(language)
        for reason in known:
            assert t.has(f"diagnosis.{reason}"), f"{language}: {reason}"
            key = repair_for(Diagnosis(reason), None).sentence_key
            assert t.has(key), f"{language}: {key}"


def test_no_repair_is_for_what_nobody_finds() -> None:
    found = {reason for service in GUIDED for reason in reasons(service)}
    assert set(repairs._COMMANDS) | repairs._SLOW <= found


@EACH
def test_every_command_of_a_repair_is_powershell(read: Any, mistakes: Any, service: str) -> None:
    values = values_of(service, ENTERED[service])
    assert values is not None
    for reason in reasons(service):
        if reason in repairs._COMMANDS:
            for known in (values, None):
                for command in repair_for(Diagnosis(reason, PARAMS), known).commands:
                    assert mistakes(str(command)) == []
                    assert read(str(command))
            made = repair_for(Diagnosis(reason, PARAMS), values).commands
            assert made, reason


def test_the_room_that_is_wrong_is_the_one_that_is_repaired() -> None:
    found = Diagnosis("exchange_titles_replaced", {"room": "o'brien@example.com"})
    (command,) = repair_for(found, values_of("exchange", ENTERED["exchange"])).commands
    assert str(command) == (
        "Set-CalendarProcessing -Identity 'o''brien@example.com'"
        " -DeleteSubject $false -AddOrganizerToSubject $false"
    )


@given(st.text(max_size=40))
def test_what_a_service_said_never_becomes_a_command(read: Any, text: str) -> None:
    hostile = {"room": text, "account": text, "list": text}
    for reason in repairs._COMMANDS:
        for command in repair_for(Diagnosis(reason, hostile), None).commands:
            read(str(command))


def test_what_a_connection_tells_of_step_1() -> None:
    exchange = values_of("exchange", ENTERED["exchange"])
    assert exchange is not None
    assert (exchange.account, exchange.rooms) == ("svc@example.com", ("atlas@example.com",))
    through = values_of("cronofy", ENTERED["cronofy"])
    assert through is not None
    assert through.client_id == ""  # Cronofy's, which says nothing to Exchange
    assert values_of("caldav", {"url": "https://example.com"}) is None
