"""The Debian package keeps step with the code it carries."""

from __future__ import annotations

import re
from pathlib import Path

import roomdisplay

ROOT = Path(__file__).resolve().parents[2]
DEBIAN = ROOT / "packaging" / "debian"
# Which Debian package brings a QML module that we import; ours come with the code.
QML_PACKAGES = {
    "QtQml": "qml6-module-qtqml",
    "QtQuick": "qml6-module-qtquick",
    "QtQuick.Shapes": "qml6-module-qtquick-shapes",
    "QtQuick.Window": "qml6-module-qtquick-window",
}


def display_depends() -> set[str]:
    control = (DEBIAN / "control").read_text(encoding="utf-8")
    paragraph = control.split("\nPackage: roomdisplay\n")[1].split("\n\n")[0]
    depends = paragraph.split("Depends:")[1].split("\nRecommends:")[0]
    return {entry.split()[0] for entry in depends.split(",") if entry.strip()}


def test_the_package_has_the_version_of_the_program() -> None:
    newest = (DEBIAN / "changelog").read_text(encoding="utf-8").splitlines()[0]

    assert newest.startswith(f"roomdisplay ({roomdisplay.__version__})")


def test_debian_brings_every_qt_module_that_the_code_imports() -> None:
    imported: set[str] = set()
    for path in (ROOT / "roomdisplay").rglob("*.py"):
        imported |= set(
            re.findall(r"^\s*from PySide6\.(\w+)", path.read_text("utf-8"), re.MULTILINE)
        )

    assert imported
    assert {f"python3-pyside6.{module.lower()}" for module in imported} <= display_depends()


def test_debian_brings_every_qml_module_that_the_glass_imports() -> None:
    imported: set[str] = set()
    for path in (ROOT / "roomdisplay").rglob("*.qml"):
        imported |= set(re.findall(r"^import (Qt[\w.]*)", path.read_text("utf-8"), re.MULTILINE))

    assert imported
    assert {QML_PACKAGES[module] for module in imported} <= display_depends()


def test_a_connection_is_never_sealed_by_a_keyring_that_keeps_plain_text() -> None:
    for lock in ("demo", "display", "admin"):
        assert "keyrings" not in (ROOT / "requirements" / f"{lock}.lock").read_text("utf-8")
