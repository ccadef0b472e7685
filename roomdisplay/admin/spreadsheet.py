"""Tables as spreadsheets write and read them: CSV in whichever dialect, harmless to open. Pure."""

from __future__ import annotations

import csv
import io
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Sequence

from roomdisplay.admin.errors import AdminError

MOST_BYTES = 256 * 1024
MOST_ROWS = 2000
DELIMITERS = (",", ";", "\t")
"""Where decimals have a comma, Excel separates by semicolons."""
_BEGINS = r"((?:^|[,;])[ \"]*)"
"""Where a cell begins in any dialect: a file may be opened in another one than its own."""
_FORMULA = r"'*[=+\-@\uff1d\uff0b\uff0d\uff20]"
"""What a spreadsheet takes for one, in half and full width."""
_UNGUARDED = re.compile(f"{_BEGINS}(?={_FORMULA})")
_GUARDED = re.compile(f"{_BEGINS}'(?={_FORMULA})")
_SEPARATOR_LINE = re.compile(r"sep=([,;\t])\r?\n?", re.IGNORECASE)


class SheetError(AdminError):
    """The file as a whole cannot be read; `line` is where that was noticed."""

    status = 422

    def __init__(self, key: str, line: int = 0) -> None:
        super().__init__(key, line=line)


def harmless(text: str) -> str:
    """A cell on one line that no spreadsheet takes for a formula, by an apostrophe before it."""
    return _UNGUARDED.sub(r"\1'", " ".join(text.split()))


def meant(cell: str) -> str:
    """A cell as it was before `harmless`, on one line."""
    return _GUARDED.sub(r"\1", " ".join(cell.split()))


def write_table(rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    """The rows as CSV (RFC 4180), each cell made harmless."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def decode_sheet(data: bytes) -> str:
    """The file's text: UTF-8 with or without its mark, UTF-16 with it, else Windows' own.

    Raises:
        SheetError: it is empty, too large or no text.
    """
    if not data.strip():
        raise SheetError("sheet_empty")
    if len(data) > MOST_BYTES:
        raise SheetError("sheet_too_large")
    try:
        if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            text = data.decode("utf-16")
        else:
            text = data.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")  # what Excel calls "CSV" in western Europe
        except UnicodeDecodeError:
            raise SheetError("sheet_no_text") from None
    if "\0" in text:
        raise SheetError("sheet_no_text")
    return text


def read_table(text: str, known: Callable[[str], bool]) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, with the line each begins on.

    The delimiter is the one by which most of the first row's cells are `known`.

    Raises:
        SheetError: quotes do not match, or there are too many rows.
    """
    text, skipped, given = _without_separator_line(text)
    delimiter = given or max(DELIMITERS, key=lambda one: _known_cells(text, one, known))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((skipped + before + 1, row))
            before = reader.line_num
            if len(rows) > MOST_ROWS + 1:
                raise SheetError("sheet_too_long", skipped + before)
    except csv.Error:
        raise SheetError("sheet_broken", skipped + before + 1) from None
    return rows


def _without_separator_line(text: str) -> tuple[str, int, str | None]:
    """The text without Excel's own first line that names the separator, how many, and which."""
    found = _SEPARATOR_LINE.match(text)
    return (text[found.end() :], 1, found.group(1)) if found else (text, 0, None)


def _known_cells(text: str, delimiter: str, known: Callable[[str], bool]) -> int:
    try:
        first = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return 0
    return sum(known(cell) for cell in first)
