"""The window: what a tap asks, what news changes, and that nothing moves in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtQuick import QQuickItem
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from roomdisplay.device.watchdog import ServiceManager
from roomdisplay.model.room import Place
from roomdisplay.ui.app import Glass, GlassOptions
from roomdisplay.ui.fonts import prepare_fonts


class Clock:
    """CLOCK_BOOTTIME that stands until it is moved."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def open_glass(
    qapp: QGuiApplication, qtbot: QtBot, samples: ModuleType, engine_for: Any
) -> Iterator[Callable[..., tuple[Glass, Any, Clock]]]:
    """Opens a window over an engine that shows one snapshot; waits for its first frame."""
    assert qapp is not None
    prepare_fonts()
    opened: list[Glass] = []

    def make(snapshot: Any, size: tuple[int, int] = (1280, 800)) -> tuple[Glass, Any, Clock]:
        engine, clock = engine_for(snapshot), Clock(samples.BOOTTIME)
        glass = Glass(engine, GlassOptions(windowed=size, clock=clock), ServiceManager({}))
        opened.append(glass)
        glass.show()
        qtbot.waitUntil(lambda: ("frame_painted",) in engine.asked, timeout=10_000)
        return glass, engine, clock

    yield make
    for glass in opened:
        glass.close()


def buttons(glass: Glass) -> dict[str, QQuickItem]:
    """The visible buttons by their words."""
    found: dict[str, QQuickItem] = {}

    def walk(item: QQuickItem) -> None:
        for child in item.childItems():
            if child.metaObject().className().startswith("TapButton") and child.isVisible():
                found[child.property("label")] = child
            walk(child)

    walk(glass.window.contentItem())
    return found


def tap(glass: Glass, button: QQuickItem) -> None:
    centre = button.mapToScene(QPointF(button.width() / 2, button.height() / 2)).toPoint()
    QTest.mouseClick(glass.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier(0), centre)


def test_join_is_asked_once_however_often_it_is_tapped(
    open_glass: Any, samples: ModuleType, qtbot: QtBot
) -> None:
    glass, engine, _ = open_glass(samples.snapshot(place=Place.INSIDE))
    join = buttons(glass)["Join · GoTo"]
    tap(glass, join)
    tap(glass, join)
    glass.model.join("m-10:00-11:00")
    assert engine.wishes() == [("join", "m-10:00-11:00")]
    assert glass.model.call.property("headline") == "Connecting to GoTo…"
    qtbot.waitUntil(lambda: "Cancel" in buttons(glass))


def test_a_call_that_opens_and_ends_leads_home(open_glass: Any, samples: ModuleType) -> None:
    snapshot = samples.snapshot(place=Place.INSIDE)
    glass, engine, _ = open_glass(snapshot)
    glass.model.join("m-10:00-11:00")
    call = samples.Call(meeting_id="m-10:00-11:00", service="goto", phase=samples.CallPhase.OPEN)
    glass.model.take(replace(snapshot, generation=2, call=call))
    assert glass.model.call.property("phase") == "open"
    tap(glass, buttons(glass)["Leave"])
    glass.model.leaveCall()
    assert engine.wishes()[1:] == [("leave_call",)]
    assert glass.model.call.property("phase") == ""
    glass.model.take(replace(snapshot, generation=3))
    assert glass.model.call.property("phase") == ""
    glass.model.join("m-10:00-11:00")
    assert engine.wishes()[2:] == [("join", "m-10:00-11:00")]


def test_the_way_back_stands_in_the_strip_above_the_call(
    open_glass: Any, samples: ModuleType
) -> None:
    call = samples.Call(meeting_id="m-10:00-11:00", service="goto", phase=samples.CallPhase.OPEN)
    glass, engine, _ = open_glass(samples.snapshot(place=Place.INSIDE, call=call))
    placed = [asked for asked in engine.asked if asked[0] == "place_calls"][-1]
    strip = placed[2] - glass.window.y()
    assert 72 <= strip <= 80
    assert placed[4] == 800 - strip
    leave = buttons(glass)["Leave"]
    assert leave.mapToScene(QPointF(0, leave.height())).y() <= strip
    tap(glass, leave)
    assert engine.wishes() == [("leave_call",)]


def test_a_call_that_nothing_answers_fails_honestly(open_glass: Any, samples: ModuleType) -> None:
    glass, engine, clock = open_glass(samples.snapshot(place=Place.INSIDE))
    glass.model.join("m-10:00-11:00")
    assert glass.model.next_look <= clock.seconds + 10
    clock.seconds += 10
    glass.model.look()
    assert glass.model.call.property("phase") == "failed"
    glass.model.join("m-10:00-11:00")
    assert [wish[0] for wish in engine.wishes()] == ["join", "join"]


def test_checking_in_is_asked_once_and_said_at_once(open_glass: Any, samples: ModuleType) -> None:
    snapshot = samples.STATES[samples.StateKind.CHECK_IN]()
    glass, engine, clock = open_glass(snapshot)
    button = buttons(glass)["I'm here"]
    tap(glass, button)
    tap(glass, button)
    assert engine.wishes() == [("check_in", "m-10:00-11:00")]
    assert button.property("label") == "Checking in…"
    glass.model.take(replace(snapshot, generation=2, pending=frozenset({"m-10:00-11:00"})))
    clock.seconds += 60
    glass.model.look()
    assert button.property("label") == "Checking in…"


def test_a_remote_control_joins_by_enter(open_glass: Any, samples: ModuleType) -> None:
    glass, engine, _ = open_glass(samples.snapshot(place=Place.INSIDE, touch=False), (1920, 1080))
    QTest.keyClick(glass.window, Qt.Key.Key_Return)
    assert engine.wishes() == [("join", "m-10:00-11:00")]


def test_a_door_has_no_join(open_glass: Any, samples: ModuleType) -> None:
    glass, _, _ = open_glass(samples.snapshot())
    assert buttons(glass) == {}


def test_nothing_is_drawn_while_nothing_changes(
    open_glass: Any, samples: ModuleType, qapp: QGuiApplication, qtbot: QtBot
) -> None:
    glass, _, clock = open_glass(samples.snapshot(place=Place.INSIDE))
    for _ in range(20):
        qapp.processEvents()
    frames: list[float] = []
    glass.window.frameSwapped.connect(lambda: frames.append(clock.seconds))
    for _ in range(50):
        clock.seconds += 1
        glass.model.look()
        qapp.processEvents()
    assert frames == []
    clock.seconds += 10  # the visible clock turns
    glass.model.look()
    qtbot.waitUntil(lambda: len(frames) == 1)


def test_news_of_another_thread_reach_the_glass_and_old_news_do_not(
    open_glass: Any, samples: ModuleType, qtbot: QtBot
) -> None:
    glass, engine, _ = open_glass(samples.snapshot())
    assert engine.listener is not None
    newer = replace(samples.snapshot(meetings=()), generation=9)
    for news in (newer, replace(samples.snapshot(), generation=8)):
        thread = threading.Thread(target=engine.listener, args=(news,))
        thread.start()
        thread.join()
    qtbot.waitUntil(lambda: glass.model.home.property("word") == "Free")
    assert glass.model.snapshot.generation == 9


def test_holding_the_rooms_name_opens_the_facts(
    open_glass: Any, samples: ModuleType, qtbot: QtBot
) -> None:
    glass, _, _ = open_glass(samples.snapshot())
    name = QPoint(70, 60)
    button = Qt.MouseButton.LeftButton
    QTest.mousePress(glass.window, button, Qt.KeyboardModifier(0), name)
    qtbot.waitUntil(lambda: glass.model.property("sheet") == "facts", timeout=6000)
    QTest.mouseRelease(glass.window, button, Qt.KeyboardModifier(0), name)
    assert "Close" in buttons(glass)
    tap(glass, buttons(glass)["Close"])
    assert glass.model.property("sheet") == ""


def test_a_display_without_a_standing_shows_its_cached_day(
    open_glass: Any, samples: ModuleType
) -> None:
    glass, _, _ = open_glass(replace(samples.snapshot(), standing=None))
    assert glass.model.property("screen") == "home"
    assert glass.model.home.property("word") == "In use"


def test_place_and_language_change_while_it_runs(open_glass: Any, samples: ModuleType) -> None:
    glass, _, _ = open_glass(samples.pairing())
    assert glass.model.property("screen") == "pairing"
    glass.model.take(replace(samples.snapshot(place=Place.INSIDE, language="fr"), generation=2))
    assert glass.model.property("place") == "inside"
    assert glass.model.home.property("word") == "Occupée"
    assert "Rejoindre · GoTo" in buttons(glass)


def test_a_whole_screen_shows_no_pointer(open_glass: Any, samples: ModuleType) -> None:
    glass, _, _ = open_glass(samples.snapshot())
    shapes = []
    for show, place in ((glass.window.showFullScreen, 300), (glass.window.showNormal, 310)):
        show()
        QTest.mouseMove(glass.window, QPoint(place, place))
        shapes.append(glass.window.cursor().shape())
    assert shapes == [Qt.CursorShape.BlankCursor, Qt.CursorShape.ArrowCursor]
