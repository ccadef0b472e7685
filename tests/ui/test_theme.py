"""Contrast, computed from the theme itself: state word 7:1, everything else 4.5:1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QColor
from PySide6.QtQml import QQmlEngine
from shiboken6 import Shiboken

from roomdisplay.model.room import Place
from roomdisplay.model.roomstate import ColourRole
from roomdisplay.model.settings import Theme
from roomdisplay.ui.picture import Picture
from roomdisplay.ui.stage import QML

SCHEMES = [scheme.value for scheme in Theme if scheme is not Theme.AUTO]


def luminance(colour: QColor) -> float:
    """Relative luminance, WCAG 2.2."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(p) for p in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.fixture
def theme(qapp: object) -> Iterator[QObject]:
    assert qapp is not None
    engine = QQmlEngine()
    engine.addImportPath(str(QML))
    yield engine.singletonInstance("Theme", "Theme")
    Shiboken.delete(engine)


@pytest.mark.parametrize(
    ("place", "scheme", "role"),
    list(product([p.value for p in Place], SCHEMES, [r.value for r in ColourRole])),
)
def test_texts_stand_out(place: str, scheme: str, role: str, theme: QObject) -> None:
    for name, value in (("place", place), ("scheme", scheme), ("role", role)):
        theme.setProperty(name, value)
    colour = theme.property
    word = (
        (colour("ink"), colour("ground"))
        if place == "door"
        else (
            colour("slabInk"),
            colour("slab"),
        )
    )
    assert contrast(*word) >= 7
    for text, ground in (
        ("ink", "ground"),
        ("softInk", "ground"),
        ("buttonInk", "button"),
        ("buttonInk", "buttonPressed"),
        ("ink", "quietPressed"),
    ):
        assert contrast(colour(text), colour(ground)) >= 4.5, (text, ground)
    for shape, ground in (("coming", "ground"), ("current", "ground"), ("ink", "track")):
        assert contrast(colour(shape), colour(ground)) >= 3, (shape, ground)


def test_no_colour_and_no_size_outside_of_the_theme() -> None:
    import re  # noqa: PLC0415

    colour = re.compile(r"#[0-9a-fA-F]{3,8}\b|color: \"|Qt\.(?:rgba|lighter|darker)")
    size = re.compile(r"pixelSize: \d+(?!00)|(?:Margin|spacing|radius): [1-9]")
    for path in sorted(QML.rglob("*.qml")):
        if path.name == "Theme.qml":
            continue
        text = path.read_text(encoding="utf-8").replace('Color: "transparent"', "")
        text = text.replace('? sign.color : "transparent"', "")
        assert not colour.search(text), path.name
        assert not [m for m in size.findall(text) if m != "pixelSize: 100"], path.name


def test_every_text_is_plain_and_nothing_runs_by_itself() -> None:
    for path in sorted(QML.rglob("*.qml")):
        text = path.read_text(encoding="utf-8")
        assert "Animation" not in text, path.name
        assert "Timer" not in text, path.name
        assert "Behavior on" not in text, path.name
        if path.name != "PlainText.qml":
            assert "\n    Text {" not in text, path.name
            assert "textFormat" not in text, path.name
    assert "textFormat: Text.PlainText" in Path(QML / "Controls/PlainText.qml").read_text("utf-8")


def test_a_small_picture_still_tells_the_state_by_colour(
    samples: ModuleType, picture_of: Callable[..., Picture]
) -> None:
    seen = {}
    for kind in (
        samples.StateKind.FREE,
        samples.StateKind.IN_USE,
        samples.StateKind.CHECK_IN,
        samples.StateKind.STALE_FREE,
    ):
        image = picture_of(samples.STATES[kind](), (1280, 800)).image().scaledToWidth(160)
        seen[kind] = image.pixelColor(2, 2)
    colours = list(seen.values())
    for i, one in enumerate(colours):
        for other in colours[i + 1 :]:
            lighter = abs(luminance(one) - luminance(other)) > 0.02
            assert lighter or abs(one.hueF() - other.hueF()) > 0.05
