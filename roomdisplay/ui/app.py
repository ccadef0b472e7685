"""The running display: one window over an engine, from the first frame to the last signal."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QSocketNotifier,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickWindow
from shiboken6 import Shiboken

from roomdisplay.device.watchdog import ServiceManager
from roomdisplay.model.room import Place
from roomdisplay.sync.snapshot import Engine, Snapshot
from roomdisplay.ui.bridge import Bridge
from roomdisplay.ui.fonts import prepare_fonts
from roomdisplay.ui.stage import QML, stage_properties, strip_height
from roomdisplay.ui.viewmodels.glass import GlassModel
from roomdisplay.ui.wake import Wake, boot_clock

logger = logging.getLogger(__name__)

_WITHOUT_A_PANEL = frozenset({"offscreen", "minimal", "vnc"})
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class GlassOptions(Struct, frozen=True, kw_only=True):
    """How the glass is shown."""

    windowed: tuple[int, int] | None = None
    """Width and height of a window; None: the whole screen, without a pointer."""
    place: Place = Place.DOOR
    """Where the display hangs, until the Admin Center says it."""
    language: str = "en"
    """What it speaks until then."""
    clock: Callable[[], float] = boot_clock
    """CLOCK_BOOTTIME, seconds."""


def choose_backends(environ: dict[str, str], *, has_gpu: bool | None = None) -> dict[str, str]:
    """What to add to the environment before Qt starts; what is set there already stands.

    Qt's software renderer draws only what changed and needs no driver; without a GPU Mesa would
    draw every frame whole on the processor. A thread of its own for drawing gains nothing on a
    screen that stands still.
    """
    if has_gpu is None:
        has_gpu = any(Path("/dev/dri").glob("renderD*"))
    wanted = {"QSG_RENDER_LOOP": "basic"}
    headless = environ.get("QT_QPA_PLATFORM", "").split(":")[0] in _WITHOUT_A_PANEL
    if not has_gpu or headless:
        wanted["QT_QUICK_BACKEND"] = "software"
    return {name: value for name, value in wanted.items() if name not in environ}


class Glass(QObject):
    """Window, view models, timer and bridge, tied together."""

    def __init__(self, engine: Engine, options: GlassOptions, manager: ServiceManager) -> None:
        super().__init__()
        self._engine, self._options, self._manager = engine, options, manager
        self.model = GlassModel(
            engine.snapshot,
            clock=options.clock,
            engine=engine,
            place=options.place,
            language=options.language,
            parent=self,
        )
        self._wake = Wake(self._look, self)
        self._bridge = Bridge(self._take, self)
        self._alive = QTimer(self)
        self._alive.timeout.connect(manager.alive)
        self.model.tapped.connect(self._sleep)
        # The engine reads its copy in memory while Qt loads the QML.
        engine.start(self._bridge.listener)
        self._qml = QQmlApplicationEngine(self)
        self._qml.addImportPath(str(QML))
        self._size = options.windowed or _screen_size()
        self._qml.setInitialProperties(self._properties())
        self._qml.load(str(QML / "Main.qml"))
        roots = self._qml.rootObjects()
        if not roots or not isinstance(roots[0], QQuickWindow):
            raise RuntimeError("the screen's QML does not load")
        self.window = roots[0]

    def show(self) -> None:
        """Put the window up, with the newest picture there is."""
        self._take(self._engine.snapshot)
        window = self.window
        window.frameSwapped.connect(self._painted)
        window.widthChanged.connect(self._measure)
        window.heightChanged.connect(self._measure)
        self.model.changed.connect(self._measure)
        window.resize(*self._size)
        if self._options.windowed:
            window.show()
        else:
            window.showFullScreen()

    def close(self) -> None:
        """Take the window down before what it shows goes."""
        self._wake.stop()
        self._alive.stop()
        self._manager.stopping()
        self._engine.stop()
        self.window.close()
        Shiboken.delete(self._qml)

    def _take(self, snapshot: Snapshot) -> None:
        if snapshot is not self.model.snapshot:
            self.model.take(snapshot)
        self._sleep()

    def _look(self) -> None:
        self.model.look()
        self._sleep()

    def _sleep(self) -> None:
        self._wake.at(self.model.next_look, self._options.clock())

    def _painted(self) -> None:
        """The first frame is on the glass; what would have held it up comes now."""
        self.window.frameSwapped.disconnect(self._painted)
        self._manager.ready("the screen is on")
        gc.enable()
        self._engine.frame_painted()
        if self._manager.alive_every is not None:
            self._manager.alive()
            self._alive.start(max(1, int(self._manager.alive_every.total_seconds() * 1000)))
        self._place_calls()

    def _properties(self) -> dict[str, object]:
        return stage_properties(self.model, self._size, edid_mm=self._panel_mm())

    def _measure(self) -> None:
        """The window or the device's profile changed, and with it the millimetres."""
        self._size = (max(1, self.window.width()), max(1, self.window.height()))
        for name, value in self._properties().items():
            if isinstance(value, float) and self.window.property(name) != value:
                self.window.setProperty(name, value)
        self._place_calls()

    def _place_calls(self) -> None:
        window = self.window
        strip = strip_height(float(window.property("pixelsPerMm")))
        self._engine.place_calls(
            x=window.x(),
            y=window.y() + strip,
            width=window.width(),
            height=max(1, window.height() - strip),
            scale=window.devicePixelRatio(),
        )

    def _panel_mm(self) -> tuple[float, float] | None:
        """What the panel's EDID claims; a window tells nothing of the panel it stands for."""
        screen = QGuiApplication.primaryScreen()
        if self._options.windowed or QGuiApplication.platformName() in _WITHOUT_A_PANEL:
            return None
        claimed = screen.physicalSize()
        return (claimed.width(), claimed.height())


def run_glass(engine: Engine, options: GlassOptions, manager: ServiceManager) -> int:
    """Show the display until a signal ends it; returns the exit code.

    `choose_backends` must have been put into the environment before.
    """
    qInstallMessageHandler(_log_qt)
    app = QGuiApplication(["roomdisplay"])
    app.setApplicationName("Room Display")
    app.setDesktopFileName("roomdisplay")
    prepare_fonts()
    with _quit_on_signals(app):
        glass = Glass(engine, options, manager)
        glass.show()
        code = app.exec()
        glass.close()
    return code


def _screen_size() -> tuple[int, int]:
    size = QGuiApplication.primaryScreen().size()
    return (max(1, size.width()), max(1, size.height()))


@contextlib.contextmanager
def _quit_on_signals(app: QGuiApplication) -> Iterator[None]:
    """SIGTERM and SIGINT end the event loop.

    Python runs its handlers only between Python instructions, and an idle Qt runs none: so the
    signal's number also comes through a socket that Qt watches (`signal.set_wakeup_fd`).
    """
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: _quit(ours, app))
    before_fd = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    before = {s: signal.signal(s, lambda *_: None) for s in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        signal.set_wakeup_fd(before_fd)
        for number, handler in before.items():
            signal.signal(number, handler)
        notifier.setEnabled(False)
        ours.close()
        theirs.close()


def _quit(received: socket.socket, app: QGuiApplication) -> None:
    with contextlib.suppress(OSError):
        received.recv(64)
    app.quit()


def _log_qt(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    logger.log(_LEVELS.get(kind, logging.WARNING), "%s: %s", context.category or "qt", message)


def software_only() -> None:
    """Set the environment of a process that draws without a screen, such as a picture's."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_QUICK_BACKEND"] = "software"
