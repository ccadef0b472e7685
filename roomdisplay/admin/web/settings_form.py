"""The form of the displays' settings: the same for the house and for a room.

An empty answer takes the value back, so that the wider scope's holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roomdisplay.admin.web.i18n import LANGUAGES, Catalogue
from roomdisplay.admin.web.visit import Form
from roomdisplay.model.settings import ClockFormat, Theme

_FLAGS = ("title_at_door", "organizer_at_door", "title_inside", "organizer_inside", "check_in")
_NUMBERS = {
    "check_in_opens_before_min": (0, 120),
    "check_in_closes_after_min": (0, 120),
}
_TIMES = ("opens", "closes")
_CHOICES: dict[str, tuple[str, ...]] = {
    "language": tuple(LANGUAGES),
    "clock_format": tuple(ClockFormat),
    "theme": tuple(Theme),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One line of the form."""

    key: str
    label: str
    kind: str
    """ "select", "number" or "time"."""
    value: str
    options: tuple[tuple[str, str], ...] = ()
    bounds: tuple[int, int] | None = None

    @property
    def words(self) -> str:
        """The value for whoever may only read it; empty: not set."""
        return dict(self.options).get(self.value, self.value)


def settings_lines(t: Catalogue, values: Mapping[str, Any]) -> list[Setting]:
    """The form's lines, filled with what the scope itself sets."""
    lines = [_select(t, key, ("", *_CHOICES[key]), str(values.get(key, ""))) for key in _CHOICES]
    lines += [_entry(t, key, "time", values) for key in _TIMES]
    lines += [_select(t, key, ("", "yes", "no"), _yes_no(values.get(key))) for key in _FLAGS]
    lines += [_entry(t, key, "number", values, bounds) for key, bounds in _NUMBERS.items()]
    return lines


def settings_from(form: Form) -> dict[str, object]:
    """What was answered, ready to be checked; None takes a value back."""
    values: dict[str, object] = {}
    for key in (*_CHOICES, *_TIMES):
        values[key] = form.text(key, 40) or None
    for key in _FLAGS:
        values[key] = {"yes": True, "no": False}.get(form.text(key, 5))
    for key in _NUMBERS:
        text = form.text(key, 5)
        values[key] = int(text) if text.isdecimal() and text.isascii() else text or None
    return values


def _select(t: Catalogue, key: str, options: tuple[str, ...], value: str) -> Setting:
    words = {"": t("settings.as_wider"), "yes": t("settings.yes"), "no": t("settings.no")}
    words |= LANGUAGES
    named = ((one, words.get(one) or t(f"settings.{key}_{one}")) for one in options)
    return Setting(
        key=key, label=t(f"settings.{key}"), kind="select", value=value, options=tuple(named)
    )


def _entry(
    t: Catalogue,
    key: str,
    kind: str,
    values: Mapping[str, Any],
    bounds: tuple[int, int] | None = None,
) -> Setting:
    value = str(values.get(key, ""))
    return Setting(key=key, label=t(f"settings.{key}"), kind=kind, value=value, bounds=bounds)


def _yes_no(value: object) -> str:
    return "" if value is None else "yes" if value else "no"
