"""No value becomes code, whatever it holds."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.admin.guide.powershell import (
    Call,
    Phrase,
    Variable,
    Word,
    call,
    each,
    pipe,
    quote,
    speakable,
)

HOSTILE = st.text(
    st.one_of(
        st.sampled_from("'\u2018\u2019\u201a\u201b\"\u201c\u201d\u201e$`();|&{}@#<>%,\\ -=*"),
        st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")),
    ),
    max_size=60,
)


@given(HOSTILE)
def test_a_literal_is_read_back_as_it_was(read: Any, mistakes: Any, text: str) -> None:
    line = str(call("Get-Mailbox", Identity=text))
    (found,) = read(line)
    assert found.parameters == {"Identity": text}
    assert mistakes(line) == []


@given(st.lists(HOSTILE, min_size=2, max_size=4))
def test_lists_of_texts_stay_lists(read: Any, texts: list[str]) -> None:
    (found,) = read(str(call("Get-Mailbox", Identity=tuple(texts))))
    assert found.parameters == {"Identity": texts}


@given(st.text(st.characters(categories=("Cc", "Cf", "Cs", "Zl", "Zp")), min_size=1), HOSTILE)
def test_what_ends_a_line_or_hides_is_refused(unseen: str, text: str) -> None:
    assert not speakable(text + unseen)
    with pytest.raises(ValueError, match="cannot be seen"):
        quote(unseen + text)


def test_every_single_quote_of_powershell_is_doubled() -> None:
    assert quote("a'b\u2018c\u2019d\u201ae\u201bf") == (
        "'a''b\u2018\u2018c\u2019\u2019d\u201a\u201ae\u201b\u201bf'"
    )
    # Nothing else in Unicode normalises to one of them.
    others = [
        chr(code) for code in range(0x10000) if unicodedata.normalize("NFKC", chr(code)) == "'"
    ]
    assert others == ["'", "\uff07"]
    assert quote("\uff07") == "'\uff07'"  # PowerShell takes it for a letter like any other


@pytest.mark.parametrize(
    "make",
    [
        lambda: Word("Unlimited; Remove-Mailbox"),
        lambda: Variable("a;b"),
        lambda: Phrase("$(x)"),
        lambda: Phrase("a\u201d b"),
        lambda: Phrase("a\nb"),
        lambda: Call("Get-Mailbox; x"),
        lambda: Call("Get-Mailbox", (("Identity x", "a"),)),
        pipe,
        lambda: pipe(call("Get-Mailbox"), kept_in="a b"),
    ],
)
def test_names_that_are_none_are_refused(make: Any) -> None:
    with pytest.raises(ValueError, match="not a"):
        make()


def test_commands_are_written_as_people_write_them() -> None:
    rooms = call("Get-Mailbox", RecipientTypeDetails=Word("RoomMailbox"), ResultSize=3)
    add = call("Add-DistributionGroupMember", Identity="Paris", Member=Variable("_.Alias"))
    assert str(pipe(rooms, each(add), kept_in="Added")) == (
        "$Added = Get-Mailbox -RecipientTypeDetails RoomMailbox -ResultSize 3 | ForEach-Object"
        " -Process { Add-DistributionGroupMember -Identity 'Paris' -Member $_.Alias }"
    )
    assert str(call("New-X", A=True, B=False, C=None, D=call("Get-Y"), E=Phrase("it is 'so'"))) == (
        "New-X -A $true -B $false -C -D (Get-Y) -E \"it is 'so'\""
    )
