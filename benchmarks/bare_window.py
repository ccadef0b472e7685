"""The reference: a Qt Quick window with a text, and nothing else of ours.

Says READY=1 to $NOTIFY_SOCKET once its first frame was swapped.
"""

from __future__ import annotations

import os
import socket
import sys

from PySide6.QtGui import QGuiApplication
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickWindow

QML = b"""
import QtQuick
Window {
    visible: true; width: 1280; height: 800; color: "#0b6b3a"
    Text { anchors.centerIn: parent; text: "Free until 11:00"; color: "white"; font.pixelSize: 96 }
}
"""


def ready() -> None:
    """Tell whoever waits, once."""
    window.frameSwapped.disconnect(ready)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])


application = QGuiApplication(sys.argv)
engine = QQmlApplicationEngine()
engine.loadData(QML)
(window,) = engine.rootObjects()
assert isinstance(window, QQuickWindow)
window.frameSwapped.connect(ready)
sys.exit(application.exec())
