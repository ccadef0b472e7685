"""The same screen without a window: for pictures, tests and the demo's screenshot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QSizeF, QUrl
from PySide6.QtGui import QImage, QImageWriter
from PySide6.QtQml import QQmlComponent, QQmlEngine
from PySide6.QtQuick import QQuickItem, QQuickRenderControl, QQuickRenderTarget, QQuickWindow
from shiboken6 import Shiboken

from roomdisplay.model.room import Place
from roomdisplay.sync.snapshot import Snapshot
from roomdisplay.ui.fonts import prepare_fonts
from roomdisplay.ui.stage import QML, stage_properties
from roomdisplay.ui.viewmodels.glass import GlassModel


class Picture:
    """A screen that is drawn on demand, into memory, by Qt's software renderer.

    Needs a QGuiApplication started with ``QT_QUICK_BACKEND=software`` and, where there is no
    screen, ``QT_QPA_PLATFORM=offscreen``.

    Raises:
        RuntimeError: the QML does not load; says what Qt says.
    """

    def __init__(
        self,
        glass: GlassModel,
        size: tuple[int, int],
        *,
        pixel_ratio: float = 1.0,
        inches: float | None = None,
    ) -> None:
        """Load the screen.

        Args:
            glass: what is shown.
            size: width and height, device-independent pixels.
            pixel_ratio: picture pixels to each of them.
            inches: the diagonal; None: as the device says, else guessed from place and size.
        """
        prepare_fonts()
        self.glass, self.size, self.pixel_ratio = glass, size, pixel_ratio
        self._control = QQuickRenderControl()
        self.window = QQuickWindow(self._control)
        self._engine = QQmlEngine()
        self._engine.addImportPath(str(QML))
        self._component = QQmlComponent(
            self._engine, QUrl.fromLocalFile(str(QML / "Screens/Stage.qml"))
        )
        stage = self._component.createWithInitialProperties(stage_properties(glass, size, inches))
        if not isinstance(stage, QQuickItem):
            raise RuntimeError(self._component.errorString())  # noqa: TRY004 - the QML is at fault
        self.stage = stage
        self.window.setGeometry(0, 0, *size)
        stage.setParentItem(self.window.contentItem())
        stage.setSize(QSizeF(*size))

    def settle(self) -> None:
        """Give every item its place, without drawing."""
        self._control.polishItems()

    def image(self) -> QImage:
        """Draw the screen as it is now."""
        width, height = (round(side * self.pixel_ratio) for side in self.size)
        image = QImage(width, height, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(self.pixel_ratio)
        image.fill(0xFFFF00FF)  # a hole in the screen must be seen
        target = QQuickRenderTarget.fromPaintDevice(image)
        target.setDevicePixelRatio(self.pixel_ratio)
        self.window.setRenderTarget(target)
        self._control.polishItems()
        self._control.sync()
        self._control.render()
        return image

    def close(self) -> None:
        """Give everything back at once: what binds before what it is bound to."""
        self._control.invalidate()
        # With PySide 6.8 the component owns what it made, and takes it along.
        for thing in (self._component, self.stage, self.window, self._control, self._engine):
            if Shiboken.isValid(thing):
                Shiboken.delete(thing)


def render(
    snapshot: Snapshot,
    *,
    size: tuple[int, int],
    boottime: float,
    path: Path | str,
    pixel_ratio: float = 1.0,
    language: str | None = None,
    place: Place = Place.DOOR,
) -> None:
    """Draw what a display would show at `boottime`, and save it as a PNG.

    Args:
        snapshot: what the display knows.
        size: width and height, device-independent pixels.
        boottime: CLOCK_BOOTTIME, seconds.
        path: where the picture goes.
        pixel_ratio: picture pixels to each of them.
        language: the language of a display that has no schedule yet.
        place: where a display hangs that has no schedule yet.

    Raises:
        OSError: the picture cannot be written.
    """
    clock: Callable[[], float] = lambda: boottime  # noqa: E731 - a clock that stands
    glass = GlassModel(snapshot, clock=clock, place=place, language=language or "en")
    picture = Picture(glass, size, pixel_ratio=pixel_ratio)
    try:
        writer = QImageWriter(str(path), QByteArray(b"png"))
        if not writer.write(picture.image()):
            raise OSError(f"cannot write {path}: {writer.errorString()}")
    finally:
        picture.close()
