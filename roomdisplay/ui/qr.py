"""A QR code as one path, so that any renderer draws it sharp at any size."""

from __future__ import annotations

from msgspec import Struct


class QrPicture(Struct, frozen=True):
    """The dark modules: runs of one row each, in units of a module."""

    path: str = ""
    size: int = 0


def qr_picture(text: str) -> QrPicture:
    """The QR of `text`; of an empty or an endless text nothing."""
    if not text:
        return QrPicture()
    import segno  # noqa: PLC0415 - only a display that is being paired needs it

    try:
        matrix = segno.make_qr(text, error="m").matrix
    except segno.DataOverflowError:
        return QrPicture()
    runs: list[str] = []
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            length = 0
            while x + length < len(row) and row[x + length]:
                length += 1
            if length:
                runs.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length + 1
    return QrPicture("".join(runs), len(matrix))
