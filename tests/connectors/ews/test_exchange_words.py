"""Every reason and every check of Exchange has its words, in both languages."""

from __future__ import annotations

import ast
import tomllib
from importlib import resources
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from roomdisplay.connectors.ews import REASONS
from roomdisplay.connectors.ews.reasons import CHECKS, PARAMS

ROOT = Path(str(resources.files("roomdisplay")))
PACKAGE = ROOT / "connectors" / "ews"


@pytest.fixture(params=["en", "fr"])
def words(request: pytest.FixtureRequest) -> dict[str, Any]:
    file = ROOT / "admin" / "web" / "i18n" / f"{request.param}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("section", "keys"), [("diagnosis", REASONS), ("repair", REASONS), ("check", CHECKS)]
)
def test_the_catalogue_has_exactly_these(
    words: dict[str, Any], section: str, keys: tuple[str, ...]
) -> None:
    assert {key for key in words[section] if key.startswith("exchange_")} == set(keys)


@pytest.mark.parametrize("section", ["diagnosis", "repair"])
def test_words_ask_for_what_the_reason_tells(words: dict[str, Any], section: str) -> None:
    for reason in REASONS:
        asked = {name for _, name, _, _ in Formatter().parse(words[section][reason]) if name}
        assert asked <= set(PARAMS[reason]), reason


def test_nothing_else_is_told() -> None:
    told: set[str] = set()
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                told |= {node.value} if node.value.startswith("exchange_") else set()
    assert {one for one in told - set(CHECKS) if not one.endswith("_")} == set(REASONS)
