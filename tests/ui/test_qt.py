from __future__ import annotations

import subprocess
import sys

LOADED = """
import builtins, linecache
ours = builtins.__import__
from roomdisplay.ui.qt import load_qt
load_qt()
import http.client, PySide6.QtQml
read = [name for name in linecache.cache if name.endswith("client.py")]
print(builtins.__import__ is ours, read)
"""


def test_qt_for_python_reads_no_sources_of_what_is_imported_later() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "True []\n"
