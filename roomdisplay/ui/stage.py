"""What the screen's QML is given when it is made."""

from __future__ import annotations

from pathlib import Path

from roomdisplay.model.room import Place
from roomdisplay.ui.measure import diagonal, pixels_per_mm, word_cap_px
from roomdisplay.ui.viewmodels.glass import GlassModel

QML = Path(__file__).parent / "qml"


def stage_properties(
    glass: GlassModel,
    size: tuple[float, float],
    inches: float | None = None,
    edid_mm: tuple[float, float] | None = None,
) -> dict[str, object]:
    """What `Stage.qml` and `Main.qml` require."""
    device = glass.device
    place = Place(glass.facts.place)
    if inches is None:
        inches = diagonal(
            size,
            place=place,
            touch=device.touch if device else True,
            edid_mm=edid_mm,
            installed=device.diagonal_inches if device else None,
        )
    return {
        "glass": glass,
        "home": glass.home,
        "pairing": glass.pairing,
        "call": glass.call,
        "pixelsPerMm": pixels_per_mm(size, inches),
        "leastCap": word_cap_px(size, inches, place),
    }


def strip_height(pixels_per_mm: float) -> int:
    """How high the strip above a call is, device-independent pixels; `Theme.strip` is the same.

    High enough for a finger, at least `roomdisplay.device.call.BAR_HEIGHT`, and no higher than the
    margin that labwc keeps free above a call's window (systemd/labwc/rc.xml).
    """
    return round(min(80.0, max(72.0, 15 * pixels_per_mm)))
