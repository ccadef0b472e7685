"""Step 1: its fields, its order, and the words and commands of each way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.admin.guide.steps import Reader, steps
from roomdisplay.admin.guide.values import GuideValues, Variant, is_address, read_values
from roomdisplay.admin.web.i18n import catalogue

CLIENT, OBJECT = "71487acd-ec93-476d-bd0e-6c8b31831053", "6233fba6-0198-4277-892f-9275bf728bcc"
FIELDS = {
    "account": "svc-rooms@example.com",
    "rooms": "atlas@example.com; o'brien@example.com, Atlas@example.com",
    "room_list": "Salles d\u2019en  haut $(x)",
    "client_id": CLIENT.upper(),
    "object_id": OBJECT,
}
EVERY = pytest.mark.parametrize("variant", list(Variant))


def made(variant: Variant, **changes: str) -> GuideValues:
    values = read_values(variant, FIELDS | changes)
    assert isinstance(values, GuideValues), values
    return values


def wrong(variant: Variant, **changes: str) -> dict[str, str]:
    found = read_values(variant, FIELDS | changes)
    assert isinstance(found, dict)
    return found


def test_three_fields_make_the_values() -> None:
    values = made(Variant.EXCHANGE)
    assert values.rooms == ("atlas@example.com", "o'brien@example.com")
    assert values.room_list == "Salles d\u2019en haut $(x)"
    assert values.client_id == ""
    direct = made(Variant.OFFICE365)
    assert (direct.client_id, direct.object_id, direct.rooms) == (CLIENT, OBJECT, ())
    for one in (values, direct):
        assert read_values(one.variant, one.as_fields()) == one
        assert len(one.as_fields()) == 3


def test_what_is_wrong_is_named_by_field() -> None:
    assert read_values(Variant.EXCHANGE, {}) == dict.fromkeys(
        ("account", "rooms", "room_list"), "field_needed"
    )
    assert wrong(Variant.EXCHANGE, account="svc") == {"account": "guide_address"}
    assert wrong(Variant.EXCHANGE, rooms="a@example.com, b") == {"rooms": "guide_address"}
    many = ",".join(f"r{number}@example.com" for number in range(51))
    assert wrong(Variant.EXCHANGE, rooms=many) == {"rooms": "guide_too_many_rooms"}
    assert wrong(Variant.EXCHANGE, room_list="a\u202eb") == {"room_list": "guide_unseen"}
    assert wrong(Variant.EXCHANGE, room_list="x" * 65) == {"room_list": "field_too_long"}
    assert wrong(Variant.OFFICE365, client_id="no id") == {"client_id": "guide_id"}
    assert wrong(Variant.OFFICE365, client_id="{" + CLIENT + "}") == {"client_id": "guide_id"}
    assert wrong(Variant.OFFICE365, object_id=CLIENT) == {"object_id": "guide_same_ids"}
    for key in {*wrong(Variant.EXCHANGE, rooms=many).values(), "guide_id", "guide_same_ids"}:
        assert catalogue("en").has(f"error.{key}")


@given(st.text(max_size=40))
def test_whatever_is_typed_is_values_or_a_sentence(text: str) -> None:
    for variant in Variant:
        found = read_values(variant, dict.fromkeys(variant.fields, text))
        words = (
            [catalogue("fr")(f"error.{key}") for key in found.values()]
            if isinstance(found, dict)
            else [found.room_list]
        )
        assert all(words)


def test_addresses() -> None:
    assert is_address("o'brien+room@b\u00fccher.example.com")
    wrong = ("", "a", "a@b", "a@b.", "@b.c", "a b@c.de", "a@b.c\n", "a@b.c;x", "x" * 250 + "@b.cd")
    for text in wrong:
        assert not is_address(text), text


ORDER = {
    Variant.EXCHANGE: "account role resource connect list add_rooms processing done",
    Variant.EXCHANGE_CRONOFY: "account role resource connect list add_rooms processing done",
    Variant.OFFICE365: "app permissions role connect access list add_rooms processing done",
    Variant.OFFICE365_CRONOFY: "account role resource connect list add_rooms processing done",
}


@EVERY
def test_the_order_of_the_steps(variant: Variant) -> None:
    every = steps(variant, made(variant), Reader(words=catalogue("en")))
    assert [step.key for step in every] == ORDER[variant].split()
    ended = [step.key for step in every if step.ended]
    assert ended == (["role"] if variant.online else [])


@EVERY
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("mfa", [True, False])
def test_every_command_is_powershell(
    read: Any, mistakes: Any, variant: Variant, language: str, *, mfa: bool
) -> None:
    words = catalogue(language)
    seen = 0
    for step in steps(variant, made(variant), Reader(words=words, mfa=mfa)):
        keys = [f"guide.{step.key}", *step.words, *step.points, *filter(None, [step.ended])]
        assert all(words.has(key) for key in keys), keys
        for shown in step.commands:
            assert words.has(shown.label), shown.label
            assert mistakes(shown.text) == []
            seen += len(read(shown.text))
    assert seen > 8


@EVERY
@given(data=st.data())
def test_hostile_names_stay_names(read: Any, mistakes: Any, variant: Variant, data: Any) -> None:
    local = st.text(st.sampled_from("'\u2018\u2019\u201a\u201b$`|{}\u201cé#"), max_size=20)
    name = data.draw(st.text(st.sampled_from("'\u2018\u2019\u201a\u201b$`\";|(){}é "), min_size=1))
    address = data.draw(local.map(lambda text: f"{text}'$x\u2019@example.com"))
    found = read_values(variant, FIELDS | {"room_list": name, "account": address, "rooms": address})
    if isinstance(found, dict):
        assert not name.strip() or len(name) > 60, found
        return
    lists = set()
    for step in steps(variant, found, Reader(words=catalogue("fr"))):
        for shown in step.commands:
            assert mistakes(shown.text) == []
            for one in read(shown.text):
                if one.cmdlet in {"New-DistributionGroup", "Add-DistributionGroupMember"}:
                    lists.add(one.parameters.get("Name", one.parameters.get("Identity")))
                if one.cmdlet == "Set-CalendarProcessing" and "Identity" in one.parameters:
                    assert one.parameters["Identity"] == address
    assert lists == {" ".join(name.split())}


def test_signing_in_with_more_than_a_password_needs_no_credential() -> None:
    def connect(*, mfa: bool) -> str:
        every = steps(Variant.OFFICE365, None, Reader(words=catalogue("en"), mfa=mfa))
        return next(step for step in every if step.key == "connect").commands[-1].text

    assert connect(mfa=True) == "Connect-ExchangeOnline"
    assert connect(mfa=False) == "Connect-ExchangeOnline -Credential (Get-Credential)"


def test_without_values_no_command_names_anything() -> None:
    for variant in Variant:
        every = steps(variant, None, Reader(words=catalogue("en")))
        assert {step.key for step in every if step.commands} == {"connect"}


def test_the_ways_of_a_tab() -> None:
    assert Variant.of("exchange", "cronofy") is Variant.EXCHANGE_CRONOFY
    assert Variant.of("office365", "direct") is Variant.OFFICE365
    assert Variant.of("caldav", "direct") is None
    assert Variant.of("exchange", "else") is None
