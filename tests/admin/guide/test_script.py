"""The one script: the page's commands, no secret, nothing changed under -WhatIf."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomdisplay.admin.guide.script import script, script_file, script_name
from roomdisplay.admin.guide.values import GuideValues, Variant, read_values
from roomdisplay.admin.web.i18n import catalogue

FIELDS = {
    "account": "svc-rooms@example.com",
    "rooms": "atlas@example.com, o'brien@example.com",
    "room_list": "Salles d\u2019en haut",
    "client_id": "71487acd-ec93-476d-bd0e-6c8b31831053",
    "object_id": "6233fba6-0198-4277-892f-9275bf728bcc",
}
EVERY = pytest.mark.parametrize("variant", list(Variant))
CHANGES = re.compile(r"^ *(?:\$Mailbox = )?(?:New|Add|Set)-(?!StrictMode)\w+ -")


def values(variant: Variant, **changes: str) -> GuideValues:
    made = read_values(variant, FIELDS | changes)
    assert isinstance(made, GuideValues)
    return made


@EVERY
@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_is_powershell(mistakes: Any, variant: Variant, language: str) -> None:
    text = script(values(variant), catalogue(language))
    assert mistakes(text) == []
    assert text.count("#>") == 1
    assert text.isprintable() or set(text) - set("\n") == {c for c in text if c.isprintable()}


@settings(max_examples=25)
@given(
    st.text(
        st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), min_size=1, max_size=64
    )
)
def test_it_is_powershell_with_any_name(mistakes: Any, name: str) -> None:
    for variant in (Variant.EXCHANGE, Variant.OFFICE365):
        made = read_values(variant, FIELDS | {"room_list": name})
        if isinstance(made, GuideValues):
            text = script(made, catalogue("fr"))
            assert mistakes(text) == []
            assert text.count("\n") == script(values(variant), catalogue("fr")).count("\n")


def test_windows_reads_its_bytes() -> None:
    data = script_file(values(Variant.EXCHANGE), catalogue("fr"))
    assert data.startswith(b"\xef\xbb\xbf#Requires -Version 5.1\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert "d\u2019\u2019en haut" in data.decode("utf-8-sig")


@EVERY
def test_nothing_is_changed_without_being_asked(variant: Variant) -> None:
    """Each change stands directly below the question that -WhatIf answers with no."""
    lines = script(values(variant), catalogue("en")).partition("#>")[2].splitlines()
    changes = [
        number for number, line in enumerate(lines) if CHANGES.search(line) and "throw" not in line
    ]
    assert len(changes) >= 4
    for number in changes:
        assert "$PSCmdlet.ShouldProcess(" in lines[number - 1], lines[number]
        assert "-ErrorAction Stop" in lines[number]


@EVERY
def test_what_is_there_is_not_made_again(variant: Variant) -> None:
    text = script(values(variant), catalogue("en"))
    for cmdlet in ("New-ManagementScope", "New-ManagementRoleAssignment", "New-DistributionGroup"):
        before, found, _ = text.partition(f"        {cmdlet} -")
        if found:
            probe = before.rsplit("\nif (", 1)[1]
            assert probe.startswith("Get-"), cmdlet
            assert "} else {" in probe


@EVERY
def test_role_and_module_come_first(variant: Variant) -> None:
    text = script(values(variant), catalogue("en"))
    assert text.index("$Missing.Count") < text.index("ShouldProcess(")
    assert ("ExchangeOnlineManagement" in text) == variant.online
    impersonates = "ApplicationImpersonation" in text
    assert impersonates == (not variant.online)


@EVERY
def test_it_holds_and_asks_for_no_secret(variant: Variant) -> None:
    text = script(values(variant), catalogue("en"))
    for word in ("Read-Host", "Credential", "Password", "SecureString"):
        assert word not in text


@EVERY
def test_one_line_for_each_room(variant: Variant) -> None:
    text = script(values(variant), catalogue("en"))
    loop = text[text.index("foreach ($Address in $Room)") :]
    assert loop.count("': ready' -f $Address".lstrip("'")) == 1
    assert "'{0}: failed: {1}' -f $Address" in loop
    if variant is Variant.OFFICE365:
        assert "Test-ServicePrincipalAuthorization -Identity $ObjectId -Resource $Address" in loop


def test_blocked_files_are_explained() -> None:
    for variant in Variant:
        head = script(values(variant), catalogue("en")).partition("#>")[0]
        assert f"Unblock-File -Path .\\{script_name(variant)}" in head
        assert "Set-ExecutionPolicy -Scope Process" in head
