"""What import-linter's contracts cannot say: a list of what is allowed, not of what is not."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "roomdisplay"
# A clock, a network or a process would make a value's meaning depend on where it is computed.
IMPURE = {"asyncio", "http", "os", "random", "secrets", "socket", "sqlite3", "ssl", "subprocess",
          "tempfile", "threading", "time", "urllib.request"}  # fmt: skip


def imported(path: Path) -> set[str]:
    """Every absolute module name that a file imports, wherever it does."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", sorted((ROOT / "model").rglob("*.py")), ids=lambda p: p.name)
def test_the_model_is_made_of_values_alone(path: Path) -> None:
    foreign = {
        name
        for name in imported(path)
        if name.partition(".")[0] not in {*sys.stdlib_module_names, "msgspec", "roomdisplay"}
    }

    assert foreign == set()
    assert imported(path) & IMPURE == set()


@pytest.mark.parametrize("path", sorted((ROOT / "model").rglob("*.py")), ids=lambda p: p.name)
def test_the_model_never_asks_what_time_it_is(path: Path) -> None:
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert calls & {"now", "utcnow", "today"} == set()
