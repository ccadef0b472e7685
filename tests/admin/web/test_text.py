"""Words of strangers on one harmless line, and the day as a drawing."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.admin.web.day_bar import WIDTH, day_bar
from roomdisplay.admin.web.i18n import catalogue
from roomdisplay.admin.web.rendering import environment
from roomdisplay.admin.web.settings_form import settings_from, settings_lines
from roomdisplay.admin.web.text import plain
from roomdisplay.admin.web.visit import Form, local_path
from roomdisplay.model.meeting import Meeting
from roomdisplay.model.settings import OfficeHours


@given(st.text())
def test_no_control_and_no_bidi_mark_is_left(text: str) -> None:
    cleaned = plain(text, 50)
    assert len(cleaned) <= 50
    assert not set(cleaned) & {chr(c) for c in (*range(32), *range(0x202A, 0x202F), 0x2066, 0x2069)}


def test_joiners_that_words_need_are_kept() -> None:
    persian = "\u0645\u06cc\u200c\u062e\u0648"
    assert plain(persian) == persian
    assert plain("a\n\u202eb\tc") == "a b c"
    assert plain("x" * 400) == "x" * 299 + "…"


@given(st.text())
def test_a_page_escapes_whatever_it_is_given(text: str) -> None:
    shown = environment().from_string("<p>{{ text | plain }}</p>").render(text=text)
    assert "<" not in shown[3:-4]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/rooms?q=a", "/rooms?q=a"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\\..\\b", "/"),
        ("https://evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("", "/"),
    ],
)
def test_nobody_is_sent_elsewhere(target: str, path: str) -> None:
    assert local_path(target) == path


def test_the_day_is_drawn_in_the_rooms_zone() -> None:
    paris = ZoneInfo("Europe/Paris")
    now = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    meeting = Meeting(id="a", start=now, end=now + timedelta(hours=1))
    drawing = day_bar([meeting], now, paris, OfficeHours(opens=time(8), closes=time(20)))
    left = (10.5 - 8) / 12 * WIDTH
    assert f'class="busy" x="{round(left, 1) + 1}"' in drawing
    assert "style=" not in drawing


@given(
    st.dictionaries(
        st.sampled_from(["language", "theme", "opens", "check_in", "brightness", "x"]), st.text()
    )
)
def test_any_answer_to_the_settings_form_can_be_shown_again(answers: dict[str, str]) -> None:
    values = settings_from(Form({key: [text] for key, text in answers.items()}))
    assert "x" not in values
    kept = {key: value for key, value in values.items() if value is not None}
    assert len(settings_lines(catalogue("fr"), kept)) == len(values)
