"""What a display may show of a meeting: masking by place, and making strangers' text harmless.

The Admin Center masks before anything is sent; what a rule hides never reaches the device.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from roomdisplay.model.meeting import TITLE_LIMIT
from roomdisplay.model.room import Place

_MARKS_LIMIT = 4
"""Combining marks kept on one letter; more of them climb over the neighbouring lines."""
_KEPT_FORMATS = frozenset("\u200c\u200d")
"""Zero-width (non-)joiners: Persian and Indic words and joined emoji need them."""
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})
"""Controls, formats, surrogates, private use. Unassigned ones stay: next year's emoji are there."""
_BLANK_CATEGORIES = frozenset({"Zs", "Zl", "Zp"})
_READ_AHEAD = 8
"""Characters read per character kept, so that a text of a million controls costs little."""


@dataclass(frozen=True, slots=True)
class Visibility:
    """What one kind of display shows of meetings that are not private."""

    title: bool
    organizer: bool
    join: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyRules:
    """The rules of a room. Private meetings show neither title nor organiser anywhere."""

    door: Visibility = Visibility(title=False, organizer=True, join=False)
    inside: Visibility = Visibility(title=True, organizer=True, join=True)
    private_join: bool = True
    """Whether a private meeting can be joined where others can."""

    def at(self, place: Place) -> Visibility:
        """What a display at `place` shows."""
        return self.door if place is Place.DOOR else self.inside


DEFAULT_RULES = PrivacyRules()
"""The strict ones a room starts with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """What is left of a meeting's texts for one display."""

    title: str | None
    organizer: str | None
    join: bool
    """Whether its conference may be offered."""


def mask(
    *,
    title: str | None,
    organizer: str | None,
    private: bool,
    place: Place,
    rules: PrivacyRules = DEFAULT_RULES,
) -> Masked:
    """Apply a room's rules to one meeting for one display; what remains is cleaned."""
    visible = rules.at(place)
    join = visible.join and (rules.private_join or not private)
    if private:
        return Masked(title=None, organizer=None, join=join)
    return Masked(
        title=clean_text(title) or None if title and visible.title else None,
        organizer=clean_text(organizer) or None if organizer and visible.organizer else None,
        join=join,
    )


def clean_text(text: str, limit: int = TITLE_LIMIT) -> str:
    """One line of plain text that cannot disturb what stands around it.

    Control characters, direction overrides and private-use characters are dropped; any
    blank, line breaks included, becomes one space; piled-up combining marks are cut; lone
    surrogates go. The result has at most `limit` characters, the last an ellipsis if it was cut,
    and never ends inside a letter with its marks.

    Markup is left as it is: it is text, and must be shown as text.
    """
    kept: list[str] = []
    marks = 0
    for letter in text[: limit * _READ_AHEAD]:
        category = unicodedata.category(letter)
        if category in _BLANK_CATEGORIES or letter in "\t\n\r\x0b\x0c\x85":
            if kept and kept[-1] != " ":
                kept.append(" ")
            marks = 0
        elif category in _DROPPED_CATEGORIES and letter not in _KEPT_FORMATS:
            # Among the formats are all direction marks, overrides and isolates.
            continue
        elif category in {"Mn", "Me"}:
            marks += 1
            if kept and marks <= _MARKS_LIMIT:
                kept.append(letter)
        else:
            marks = 0
            kept.append(letter)
        if len(kept) > limit + _MARKS_LIMIT + 1:
            break
    return _cut("".join(kept).strip(), limit)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    end = limit - 1
    while end > 0 and (unicodedata.combining(text[end]) or text[end] in _KEPT_FORMATS):
        end -= 1
    return text[:end].rstrip() + "…"
