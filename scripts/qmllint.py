"""Lint the QML with full knowledge of the types that Python gives it.

qmllint knows Qt's own types, not ours: those exist only once Python has run. So the display's
modules are imported with PySide's registering decorators taking notes, each noted
class is described from its live meta-object in the form that Qt's moc writes, and
qmltyperegistrar turns that into the .qmltypes that qmllint reads. Reading live classes rather
than source text sees inherited members, generated properties and enumerations as they are.

Any warning fails. Nothing is written outside the build folder.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import PySide6
from PySide6 import QtQml
from PySide6.QtCore import QMetaMethod, QMetaObject, QObject

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
QML = ROOT / "roomdisplay" / "ui" / "qml"
BUILD = ROOT / "build" / "qmltypes"
QT = Path(PySide6.__file__).parent

Notes = dict[type, dict[str, str]]


def take_notes() -> Notes:
    """Wrap PySide's registering decorators; return what they will note, by class."""
    notes: Notes = defaultdict(dict)

    def noting(register: Callable[[type], type], key: str, value: str) -> Callable[[type], type]:
        def decorate(cls: type) -> type:
            notes[cls][key] = value
            # PySide reads the module's name from the globals of whoever calls it: here, us.
            home = vars(sys.modules[cls.__module__])
            globals().update({name: home[name] for name in home if name.startswith("QML_IMPORT_")})
            return register(cls)

        return decorate

    named, uncreatable = QtQml.QmlNamedElement, QtQml.QmlUncreatable
    QtQml.QmlElement = noting(QtQml.QmlElement, "QML.Element", "auto")
    QtQml.QmlAnonymous = noting(QtQml.QmlAnonymous, "QML.Element", "anonymous")
    QtQml.QmlSingleton = noting(QtQml.QmlSingleton, "QML.Singleton", "true")
    QtQml.QmlNamedElement = lambda name: noting(named(name), "QML.Element", name)
    QtQml.QmlUncreatable = lambda *why: noting(uncreatable(*why), "QML.Creatable", "false")
    return notes


def parameters(method: QMetaMethod) -> list[dict[str, str]]:
    """Name and type of each argument, as moc writes them."""
    kinds = [bytes(kind.data()).decode() for kind in method.parameterTypes()]
    return [{"name": f"a{number}", "type": kind} for number, kind in enumerate(kinds, 1)]


def properties(meta: QMetaObject) -> list[dict[str, object]]:
    """The properties that a class itself declares."""
    found = []
    for index in range(meta.propertyOffset(), meta.propertyCount()):
        prop = meta.property(index)
        entry: dict[str, object] = {
            "name": prop.name(),
            "type": prop.typeName(),
            "index": index - meta.propertyOffset(),
            "read": prop.name(),
            "constant": prop.isConstant(),
        }
        if prop.hasNotifySignal():
            entry["notify"] = bytes(prop.notifySignal().name().data()).decode()
        if prop.isWritable():
            entry["write"] = f"set_{prop.name()}"
        found.append(entry)
    return found


def describe(cls: type[QObject], notes: dict[str, str]) -> dict[str, object]:
    """Describe a class in moc's JSON, from its live meta-object."""
    meta = cls.staticMetaObject
    methods = defaultdict(list)
    for index in range(meta.methodOffset(), meta.methodCount()):
        method = meta.method(index)
        methods[method.methodType()].append(
            {
                "access": "public",
                "name": bytes(method.name().data()).decode(),
                "arguments": parameters(method),
                "returnType": method.typeName() or "void",
            }
        )
    enums = []
    for index in range(meta.enumeratorOffset(), meta.enumeratorCount()):
        enum = meta.enumerator(index)
        keys = [enum.key(number) for number in range(enum.keyCount())]
        enums.append({"name": enum.name(), "isClass": True, "isFlag": False, "values": keys})
    parent = meta.superClass()
    return {
        "className": meta.className(),
        "qualifiedClassName": meta.className(),
        "object": True,
        "superClasses": [{"access": "public", "name": parent.className()}] if parent else [],
        "classInfos": [{"name": name, "value": value} for name, value in notes.items()],
        "properties": properties(meta),
        "signals": methods[QMetaMethod.MethodType.Signal],
        "slots": methods[QMetaMethod.MethodType.Slot],
        "enums": enums,
    }


def own_classes(cls: type) -> list[type]:
    """List the class and those of its bases that are ours and Qt's meta-system knows."""
    return [
        base
        for base in cls.__mro__
        if issubclass(base, QObject) and base.__module__.startswith("roomdisplay.")
    ]


def modules(notes: Notes) -> dict[tuple[str, int], list[dict[str, object]]]:
    """Group the descriptions by the QML module that each class asked to be in."""
    found: dict[tuple[str, int], dict[type, dict[str, object]]] = defaultdict(dict)
    for cls in list(notes):
        home = sys.modules[cls.__module__]
        for base in own_classes(cls):
            found[home.QML_IMPORT_NAME, home.QML_IMPORT_MAJOR_VERSION].setdefault(
                base, describe(base, notes.get(base, {}))
            )
    return {module: list(classes.values()) for module, classes in found.items()}


def tool(name: str) -> str:
    """Find one of PySide's tools: beside this interpreter, else on the PATH."""
    beside = shutil.which(f"pyside6-{name}", path=str(Path(sys.executable).parent))
    path = beside or shutil.which(f"pyside6-{name}")
    if path is None:
        sys.exit(f"qmllint: pyside6-{name} is not installed")
    return path


def write_types(name: str, version: int, classes: list[dict[str, object]]) -> None:
    """Write one QML module's qmldir and .qmltypes into the build folder."""
    folder = BUILD.joinpath(*name.split("."))
    folder.mkdir(parents=True, exist_ok=True)
    described = folder / "python_metatypes.json"
    described.write_text(json.dumps([{"classes": classes, "outputRevision": 68}]), encoding="utf-8")
    foreign = sorted((QT / "Qt" / "metatypes").glob("qt6*_metatypes.json"))
    wanted = ("qt6core_", "qt6gui_", "qt6qml_", "qt6quick_")
    made = subprocess.run(
        [
            tool("qmltyperegistrar"),
            f"--generate-qmltypes={folder / 'python.qmltypes'}",
            f"--import-name={name}",
            f"--major-version={version}",
            "--minor-version=0",
            "--foreign-types=" + ",".join(str(f) for f in foreign if f.name.startswith(wanted)),
            "-o",
            str(folder / "unused.cpp"),
            str(described),
        ],
        check=False,
        stderr=subprocess.PIPE,  # it warns that QObject, the base of all, comes from Qt
        text=True,
    )
    if made.returncode:
        sys.exit(f"qmllint: qmltyperegistrar failed on {name}:\n{made.stderr}")
    (folder / "unused.cpp").unlink()
    (folder / "qmldir").write_text(f"module {name}\ntypeinfo python.qmltypes\n", encoding="utf-8")


def main() -> int:
    """Lint every QML file; return qmllint's exit status."""
    files = sorted(str(path) for path in QML.rglob("*.qml"))
    if not files:
        sys.exit(f"qmllint: no QML in {QML}")
    notes = take_notes()
    package = importlib.import_module("roomdisplay.ui")
    for module in pkgutil.walk_packages(package.__path__, "roomdisplay.ui."):
        importlib.import_module(module.name)
    shutil.rmtree(BUILD, ignore_errors=True)
    for (name, version), classes in modules(notes).items():
        write_types(name, version, classes)
    command = [tool("qmllint"), "--max-warnings", "0", "-I", str(BUILD), "-I", str(QML), *files]
    status = subprocess.run(command, check=False).returncode
    print(f"qmllint: {len(files)} files, {'clean' if status == 0 else 'warnings above'}")
    return status


if __name__ == "__main__":
    sys.exit(main())
