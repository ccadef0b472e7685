"""Nothing is clipped, nothing overlaps, and the state is never cut short: on any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from types import ModuleType

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QRectF
from PySide6.QtQuick import QQuickItem

from roomdisplay.model.meeting import JoinOffer
from roomdisplay.model.room import Place
from roomdisplay.sync.snapshot import Snapshot
from roomdisplay.ui.picture import Picture

SIZES = [(800, 480), (1024, 600), (1280, 800), (800, 1280), (1920, 1080), (1080, 1920)]
SOLID = ("StateShape", "TapButton", "QrCode", "DayBar")
"""Controls that nothing else may lie upon."""
CAP, DESCENT = 0.727, 0.2


@dataclass(frozen=True)
class Piece:
    """Something drawn: a text's ink, or a control's box."""

    name: str
    box: QRectF
    owners: tuple[int, ...]
    """Identities of the solid controls it lies in."""
    identity: int = 0


def kind(item: QQuickItem) -> str:
    return item.metaObject().className().partition("_QMLTYPE")[0]


def pieces(item: QQuickItem, owners: tuple[int, ...] = ()) -> Iterator[Piece]:
    """Every visible text and solid control below `item`."""
    if not item.isVisible():
        return
    if item.inherits("QQuickText") and item.property("text"):
        yield Piece(item.property("text"), ink(item), owners)
    if kind(item) in SOLID:
        identity = id(item)
        box = item.mapRectToScene(QRectF(0, 0, item.width(), item.height()))
        yield Piece(kind(item), box, owners, identity)
        owners = (*owners, identity)
    for child in item.childItems():
        yield from pieces(child, owners)


def ink(text: QQuickItem) -> QRectF:
    """Where the letters are: from the capitals' top to below the last base line."""
    size = text.property("font").pixelSize()
    lines = max(1, text.property("lineCount"))
    line = text.property("contentHeight") / lines
    top = text.baselineOffset() - CAP * size
    height = CAP * size + (lines - 1) * line + DESCENT * size
    return text.mapRectToScene(QRectF(0, top, text.property("contentWidth"), height))


def shown(stage: QQuickItem) -> list[Piece]:
    """What people see: a sheet hides what is under it."""
    parts = [c for c in stage.childItems() if kind(c) == "Part" or c.inherits("QQuickLoader")]
    filled = [part for part in parts if part.childItems()]
    sheets = [part for part in filled if part is not filled[0]]
    return list(pieces(sheets[-1] if sheets else stage))


def faults(picture: Picture) -> list[str]:
    """Everything wrong with the layout, in words."""
    picture.settle()
    everything = shown(picture.stage)
    width, height = picture.size
    found = [
        f"{piece.name[:40]!r} leaves the screen: {piece.box}"
        for piece in everything
        if piece.box.left() < -1
        or piece.box.top() < -1
        or piece.box.right() > width + 1
        or piece.box.bottom() > height + 1
    ]
    for one, other in combinations(everything, 2):
        if one.identity in other.owners or other.identity in one.owners:
            continue
        overlap = one.box.intersected(other.box)
        if overlap.width() > 1 and overlap.height() > 1:
            found.append(f"{one.name[:40]!r} and {other.name[:40]!r} overlap: {overlap}")
    return found


def state_words(stage: QQuickItem) -> Iterator[QQuickItem]:
    for child in stage.childItems():
        if kind(child) == "FitText" and child.isVisible():
            yield child
        yield from state_words(child)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("place", list(Place))
@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_every_state_fits(
    size: tuple[int, int],
    place: Place,
    language: str,
    samples: ModuleType,
    picture_of: Callable[..., Picture],
) -> None:
    found = []
    picture = picture_of(samples.snapshot(place=place), size, place=place)
    for state, build in samples.STATES.items():
        picture.glass.take(build(place=place, language=language))
        found += [f"{state}: {fault}" for fault in faults(picture)]
        words = list(state_words(picture.stage))
        assert words, state
        found += [
            f"{state}: cut short" for word in words if word.childItems()[0].property("truncated")
        ]
    assert not found, "\n".join(found)


def _hard(samples: ModuleType, place: Place) -> dict[str, Snapshot]:
    def with_title(title: str | None, organizer: str | None) -> Snapshot:
        meetings = tuple(
            replace(m, title=title, organizer=organizer, join=JoinOffer(service="meet"))
            for m in samples.day(Place.INSIDE)
        )
        return samples.snapshot(place=place, meetings=meetings, age=10)

    long_words = "Quarterly planning of the planning for the quarter after next " * 5
    twelve = tuple(
        samples.meeting(f"{h:02}:00", f"{h:02}:45", f"Meeting {h}", "Somebody", id=f"m{h}")
        for h in range(8, 20)
    )
    all_day = samples.meeting("00:00", "23:59", "Conference", "Board", all_day=True)
    days = replace(all_day, start=samples.at("09:00", 22), end=samples.at("17:00", 25), id="days")
    double = (*samples.day(place), samples.meeting("10:15", "12:00", "Also here", "Somebody"))
    rtl = "סקירת עיצוב עם צוות המוצר והנדסה"
    return {
        "long title": with_title(long_words, long_words),
        "one word of 300 letters": with_title("x" * 300, "y" * 300),
        "emoji": with_title("🎉 Launch 👩‍👩‍👧‍👦 party 🚀", "🦊"),
        "right to left": with_title(rtl, rtl),
        "hostile": with_title("<img src=//evil>\u202egnp.exe\n\n\x00" + "a\u0300" * 300, "<b>x"),
        "nameless": with_title(None, None),
        "title alone": with_title("Planning", None),
        "organiser alone": with_title(None, "Facilities"),
        "twelve a day": samples.snapshot(place=place, meetings=twelve),
        "all day": samples.snapshot(place=place, meetings=(all_day,)),
        "several days": samples.snapshot(place=place, meetings=(days,)),
        "double booked": samples.snapshot(place=place, meetings=double),
        "none at all": samples.snapshot(place=place, meetings=()),
        "long reason": samples.snapshot(place=place, closed="Closed for reasons " * 20),
        "long room": samples.snapshot(place=place, room="Konferenzraum Freiherr vom Stein " * 4),
        "feed": samples.snapshot(place=place, feed=True),
        "source late": samples.late_source(place=place, language="fr"),
        "notice": samples.snapshot(place=place, notices=("insecure_key_file",)),
        "identify": samples.snapshot(place=place, identify=True),
    }


@pytest.mark.parametrize("place", list(Place))
@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_hard_cases_fit(
    size: tuple[int, int],
    place: Place,
    samples: ModuleType,
    picture_of: Callable[..., Picture],
) -> None:
    found = []
    picture = picture_of(samples.snapshot(place=place), size)
    for name, snapshot in _hard(samples, place).items():
        picture.glass.take(snapshot)
        found += [f"{name}: {fault}" for fault in faults(picture)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_sheets_fit(
    size: tuple[int, int], samples: ModuleType, picture_of: Callable[..., Picture]
) -> None:
    found = []
    picture = picture_of(samples.snapshot(place=Place.INSIDE), size)
    for phase in samples.CallPhase:
        call = samples.Call(
            meeting_id="m-10:00-11:00",
            service="goto",
            phase=phase,
            reason="no_ticket",
            dial_in="+44 20 7946 0000, 123 456 789#",
        )
        snapshot = samples.snapshot(place=Place.INSIDE, language="fr", call=call)
        picture.glass.take(snapshot)
        found += [f"{phase}: {fault}" for fault in faults(picture)]
    picture.glass.take(samples.snapshot(place=Place.INSIDE))
    for sheet in ("more", "facts"):
        picture.glass.openSheet(sheet)
        found += [f"{sheet}: {fault}" for fault in faults(picture)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("size", "inches"),
    [
        ((800, 480), 7.0),
        ((1024, 600), 7.0),
        ((1280, 800), 10.1),
        ((800, 1280), 10.1),
        ((1920, 1080), 15.6),
        ((1080, 1920), 21.5),
    ],
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_state_is_legible_from_as_far_as_the_panel_must_be(
    size: tuple[int, int],
    inches: float,
    language: str,
    samples: ModuleType,
    picture_of: Callable[..., Picture],
) -> None:
    # ISO 9241-303, 16 minutes of arc; the words that say whether one may enter.
    picture = picture_of(samples.snapshot(), size, inches=inches)
    for state in (
        samples.StateKind.FREE,
        samples.StateKind.IN_USE,
        samples.StateKind.STARTING_SOON,
        samples.StateKind.CHECK_IN,
        samples.StateKind.STALE_FREE,
        samples.StateKind.STALE_BUSY,
    ):
        picture.glass.take(samples.STATES[state](language=language))
        picture.settle()
        word = next(w for w in state_words(picture.stage) if w.property("weight") == 700)
        assert word.property("capHeight") >= picture.stage.property("leastCap") - 1, state


@pytest.mark.parametrize("place", list(Place))
def test_a_small_panel_keeps_to_one_next_meeting_and_no_day_bar(
    place: Place, samples: ModuleType, picture_of: Callable[..., Picture]
) -> None:
    picture = picture_of(samples.snapshot(place=place), (800, 480), place=place)
    for build in samples.STATES.values():
        picture.glass.take(build(place=place))
        picture.settle()
        names = [piece.name for piece in shown(picture.stage)]
        assert "DayBar" not in names
        assert names.count("TapButton") <= (3 if "More" in names else 2)


def _rows(stage: QQuickItem) -> Iterator[QQuickItem]:
    for child in stage.childItems():
        if kind(child) == "MeetingRow" and child.isVisible():
            yield child
        yield from _rows(child)


def _title_of(row: QQuickItem) -> QQuickItem:
    wanted = row.property("title")
    return next(c for c in row.childItems() if c.property("text") == wanted)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "title", ["Quarterly planning", "Quarterly planning with everybody who pays for it"]
)
@pytest.mark.parametrize("state", ["in_use", "stale_busy"])
def test_next_meetings_and_the_day_bar_outlast_a_long_title(
    state: str,
    title: str,
    language: str,
    samples: ModuleType,
    picture_of: Callable[..., Picture],
) -> None:
    meetings = tuple(
        replace(m, title=title) if m.title == "Quarterly planning" else m
        for m in samples.day(Place.INSIDE)
    )
    build = samples.STATES[samples.StateKind(state)]
    snapshot = build(place=Place.INSIDE, language=language)
    listed = replace(snapshot.schedule, meetings=meetings)
    picture = picture_of(replace(snapshot, schedule=listed), (1280, 800), place=Place.INSIDE)
    picture.settle()
    rows = list(_rows(picture.stage))
    assert len(rows) >= 1
    assert "DayBar" in [piece.name for piece in shown(picture.stage)]
    assert not any(_title_of(row).property("truncated") for row in rows)


def test_the_organiser_goes_before_a_title_is_cut_short(
    samples: ModuleType, picture_of: Callable[..., Picture]
) -> None:
    long = "A title that needs nearly all of its row to be read"
    meetings = tuple(
        replace(m, title=long) if m.title == "Design review" else m
        for m in samples.day(Place.INSIDE)
    )
    snapshot = samples.snapshot(place=Place.INSIDE, meetings=meetings)
    picture = picture_of(snapshot, (1920, 1080), place=Place.INSIDE)
    picture.settle()
    first, second, *_ = _rows(picture.stage)
    assert not _title_of(first).property("truncated")
    assert not any(c.isVisible() and c.property("text") == "Design" for c in first.childItems())
    assert any(c.isVisible() and c.property("text") == "Procurement" for c in second.childItems())
