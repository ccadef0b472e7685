"""Every reason and every check of Cronofy has its words, in both languages."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from roomdisplay.connectors.cronofy import REASONS
from roomdisplay.connectors.cronofy.reasons import CHECKS, PARAMS

CATALOGUES = Path(str(resources.files("roomdisplay"))) / "admin" / "web" / "i18n"


@pytest.fixture(params=["en", "fr"])
def words(request: pytest.FixtureRequest) -> dict[str, Any]:
    return tomllib.loads((CATALOGUES / f"{request.param}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("section", "keys"), [("diagnosis", REASONS), ("repair", REASONS), ("check", CHECKS)]
)
def test_the_catalogue_has_exactly_these(
    words: dict[str, Any], section: str, keys: tuple[str, ...]
) -> None:
    assert {key for key in words[section] if key.startswith("cronofy_")} == set(keys)


@pytest.mark.parametrize("section", ["diagnosis", "repair"])
def test_words_ask_for_what_the_reason_tells(words: dict[str, Any], section: str) -> None:
    for reason in REASONS:
        asked = {name for _, name, _, _ in Formatter().parse(words[section][reason]) if name}
        assert asked <= set(PARAMS[reason]), reason
