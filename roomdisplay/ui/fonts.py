"""One typeface, and who stands in for it where it is not installed."""

from __future__ import annotations

from PySide6.QtGui import QFont

_STAND_INS = ["Noto Sans", "DejaVu Sans", "Liberation Sans", "sans-serif"]


def prepare_fonts() -> None:
    """Name the stand-ins: Inter 3 has no display cut, and a bare system has no Inter."""
    QFont.insertSubstitutions("Inter Display", ["Inter", *_STAND_INS])
    QFont.insertSubstitutions("Inter", _STAND_INS)
