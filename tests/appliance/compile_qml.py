"""Run inside the appliance: compile every QML file with the Qt that Debian brings."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtQml import QQmlComponent, QQmlEngine

import roomdisplay.ui

for module in pkgutil.walk_packages(roomdisplay.ui.__path__, "roomdisplay.ui."):
    importlib.import_module(module.name)

application = QGuiApplication(sys.argv)
engine = QQmlEngine()
folder = Path(roomdisplay.ui.__path__[0]) / "qml"
engine.addImportPath(str(folder))
files = sorted(folder.rglob("*.qml"))
for file in files:
    for error in QQmlComponent(engine, QUrl.fromLocalFile(str(file))).errors():
        sys.stdout.write(error.toString() + "\n")
sys.stdout.write(f"{len(files)} files\n")
