"""One language: its translations, its dates and times, and meeting text made safe to show."""

from __future__ import annotations

import datetime as dt
import unicodedata
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct
from PySide6.QtCore import QDate, QLocale, QTime, QTranslator

from roomdisplay.model.meeting import TITLE_LIMIT
from roomdisplay.model.settings import ClockFormat

LANGUAGES = ("en", "fr")
"""Languages with a complete translation; any other tag falls back to English."""

_I18N = Path(__file__).parent / "i18n"
_WEEK = timedelta(days=6)
_MARKS_LIMIT = 3
_TO = "\N{EN DASH}"
_BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_JOINERS = frozenset("\u200c\u200d")  # Persian words and emoji families are spelt with them
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


class Wording(Struct, frozen=True):
    """How one display speaks. Without effects: equal arguments give equal texts."""

    language: str
    locale: QLocale
    translator: QTranslator
    zone: ZoneInfo
    time_format: str

    def translate(self, context: str, text: str, comment: str = "", n: int = -1) -> str:
        """Translate `text`; lupdate finds the calls by this name."""
        found = self.translator.translate(context, text, comment or None, n)
        return (found or text).replace("%n", self.locale.toString(n)) if n >= 0 else found or text

    def local(self, instant: datetime) -> datetime:
        """The instant on the room's wall clock."""
        return instant.astimezone(self.zone)

    def time(self, instant: datetime) -> str:
        """The time of day: 14:00, or 2:00 pm."""
        local = self.local(instant)
        text = self.locale.toString(QTime(local.hour, local.minute), self.time_format)
        return text.replace("\u202f", "\u00a0")

    def hour(self, hour: int) -> str:
        """A whole hour, as short as the day bar's scale wants it."""
        return str(hour if "H" in self.time_format else (hour % 12 or 12))

    def date(self, instant: datetime) -> str:
        """The date in the header, such as "Mon 23 Nov"."""
        pattern = self.translate("Time", "ddd d MMM", "Qt date pattern of the header")
        return self._formatted(self.local(instant).date(), pattern)

    def day(self, day: dt.date, today: dt.date) -> str:
        """A day near enough by its weekday ("Tue"), a distant one by its date ("3 Dec")."""
        near = abs(day - today) <= _WEEK
        pattern = self.translate("Time", "d MMM", "Qt date pattern of a day far off")
        return self._formatted(day, "ddd" if near else pattern)

    def moment(self, instant: datetime, now: datetime) -> str:
        """The time, with its day in front where that is not today: 14:00, or Tue 14:00."""
        day, today = self.local(instant).date(), self.local(now).date()
        if day == today:
            return self.time(instant)
        return f"{self.day(day, today)} {self.time(instant)}"

    def span(self, start: datetime, end: datetime, now: datetime) -> str:
        """From when to when; days are named where they are not today's or not the same."""
        first, last = self.local(start), self.local(end)
        if last.date() == first.date() or end - start < timedelta(hours=12):
            tail = self.time(end)
        else:
            tail = self.moment(end, start)
        head = self.moment(start, now)
        return head if start == end else f"{head}{_TO}{tail}"

    def _formatted(self, day: dt.date, pattern: str) -> str:
        return self.locale.toString(QDate(day.year, day.month, day.day), pattern)


@lru_cache(maxsize=8)
def wording(language: str, zone: ZoneInfo, clock_format: ClockFormat) -> Wording:
    """The wording for a BCP 47 language tag, a room's time zone and a way of writing times."""
    tag = language.replace("_", "-")
    base = tag.split("-", maxsplit=1)[0].lower()
    if base not in LANGUAGES:
        base = tag = "en"
    # English without a country is nobody's in particular: day before month, 24 hours.
    locale = QLocale("en-GB" if tag == "en" else tag)
    translator = QTranslator()
    translator.load(str(_I18N / f"roomdisplay_{base}.qm"))
    formats = {
        ClockFormat.AUTO: locale.timeFormat(QLocale.FormatType.ShortFormat),
        ClockFormat.H24: "HH:mm",
        ClockFormat.H12: "h:mm ap",
    }
    return Wording(
        language=base,
        locale=locale,
        translator=translator,
        zone=zone,
        time_format=formats[clock_format],
    )


def marked(_context: str, text: str) -> str:
    """`text` as it stands, for a table of texts that are translated later; lupdate finds it."""
    return text


def plain(text: str | None) -> str:
    """Meeting text as one harmless line.

    Anybody who can send an invitation writes it: control characters and line breaks become spaces,
    characters that turn the direction of what follows are dropped, towers of combining marks are
    cut, and the length is bounded.
    """
    if not text:
        return ""
    kept: list[str] = []
    marks = 0
    for char in text[: 4 * TITLE_LIMIT]:
        category = unicodedata.category(char)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if char in _BIDI_CONTROLS or marks > _MARKS_LIMIT:
            continue
        if category == "Cf" and char not in _JOINERS:
            continue
        kept.append(" " if category in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} else char)
    line = " ".join("".join(kept).split())
    return line if len(line) <= TITLE_LIMIT else line[: TITLE_LIMIT - 1].rstrip() + "…"


def isolated(text: str) -> str:
    """`text` kept from turning its neighbours round, where it runs from right to left."""
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return f"\u2068{text}\u2069"
    return text
