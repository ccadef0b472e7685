"""How large the glass really is, and from how far it must be read.

ISO 9241-303 asks for characters of at least 16 minutes of arc: a cap height of 4.65 mm for each
metre of distance. Millimetres need a physical size: the panel's EDID says it, else the installer.
"""

from __future__ import annotations

import math

from roomdisplay.model.room import Place

MM_PER_INCH = 25.4
CAP_MM_PER_METRE = 4.65
_SMALLEST_INCHES, _LARGEST_INCHES = 4.0, 120.0
_ASPECT_TOLERANCE = 0.15
_DISTANCES = ((7.0, 4.0), (10.0, 6.0), (13.0, 8.0))
"""Diagonal in inches, reading distance in metres; between them the distance grows evenly."""
_TABLE_PANEL_INCHES = 20.0
_LANDSCAPE = 16 / 10


def diagonal(
    pixels: tuple[float, float],
    *,
    place: Place,
    touch: bool,
    edid_mm: tuple[float, float] | None = None,
    installed: float | None = None,
) -> float:
    """The diagonal in inches: from EDID if it is believable, else as installed, else guessed.

    Args:
        pixels: width and height of the screen, device-independent.
        place: where the display hangs.
        touch: whether it can be touched; a screen inside that cannot is a television.
        edid_mm: width and height the panel claims; projectors and cheap panels claim nonsense.
        installed: what the installer gave.
    """
    if edid_mm is not None and _believable(edid_mm, pixels):
        return math.hypot(*edid_mm) / MM_PER_INCH
    if installed is not None and _SMALLEST_INCHES <= installed <= _LARGEST_INCHES:
        return installed
    if place is Place.INSIDE and not (touch and max(pixels) < 1900):  # noqa: PLR2004 - full HD
        return 43.0
    return 7.0 if max(pixels) < 1000 else 10.1 if max(pixels) < 1900 else 15.6  # noqa: PLR2004 - what is sold


def _believable(mm: tuple[float, float], pixels: tuple[float, float]) -> bool:
    if min(*mm, *pixels) <= 0:
        return False
    if not _SMALLEST_INCHES <= math.hypot(*mm) / MM_PER_INCH <= _LARGEST_INCHES:
        return False
    claimed, real = mm[0] / mm[1], pixels[0] / pixels[1]
    return abs(claimed / real - 1) <= _ASPECT_TOLERANCE


def pixels_per_mm(pixels: tuple[float, float], inches: float) -> float:
    """Device-independent pixels to the millimetre."""
    return math.hypot(*pixels) / (inches * MM_PER_INCH)


def reading_distance(pixels: tuple[float, float], inches: float, place: Place) -> float:
    """From how far, in metres, the state must be readable.

    The rule is for panels wider than high. An upright panel is read from as far as the lying panel
    of its width: a word cannot be wider than the glass. A touch panel inside lies on the table
    among its readers, at half the distance of the same panel in a corridor.
    """
    width_mm = pixels[0] / pixels_per_mm(pixels, inches)
    lying = width_mm * math.hypot(1, 1 / _LANDSCAPE) / MM_PER_INCH
    size = min(inches, lying) if pixels[1] > pixels[0] else inches
    metres = _interpolated(size)
    return metres / 2 if place is Place.INSIDE and inches < _TABLE_PANEL_INCHES else metres


def _interpolated(inches: float) -> float:
    (low, near), *rest = _DISTANCES
    if inches <= low:
        return near * inches / low
    for high, far in rest:
        if inches <= high:
            return near + (far - near) * (inches - low) / (high - low)
        low, near = high, far
    return near


def word_cap_px(pixels: tuple[float, float], inches: float, place: Place) -> float:
    """The least cap height of the state word, in device-independent pixels."""
    metres = reading_distance(pixels, inches, place)
    return CAP_MM_PER_METRE * metres * pixels_per_mm(pixels, inches)
