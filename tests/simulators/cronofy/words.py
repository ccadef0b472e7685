"""The window's words, in English and in French."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

_FOLDER = Path(__file__).with_name("pages")

WORDS: Mapping[str, Mapping[str, str]] = {
    language: tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    for language in ("en", "fr")
}
"""By language and key."""


def language_of(header: str) -> str:
    """The first of our languages in an Accept-Language header, by its weights; else English."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            weight = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            weight = 0.0
        wanted.append((weight, tag.partition("-")[0].lower()))
    wanted.sort(key=lambda one: -one[0])
    return next((tag for weight, tag in wanted if weight > 0 and tag in WORDS), "en")
