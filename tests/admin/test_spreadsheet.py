"""CSV in whichever dialect, harmless to open."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.admin.spreadsheet import (
    MOST_BYTES,
    MOST_ROWS,
    SheetError,
    decode_sheet,
    harmless,
    meant,
    read_table,
    write_table,
)
from roomdisplay.admin.web.i18n import LANGUAGES, catalogue

TRICKY = st.text(alphabet="=+-@'\",; \t\r\n\x0baé\uff1d", max_size=12) | st.text(max_size=12)


def known(cell: str) -> bool:
    return cell.strip().lower() in {"name", "floor", "capacity"}


@given(TRICKY)
def test_what_is_written_is_meant_as_it_was(text: str) -> None:
    assert meant(harmless(text)) == " ".join(text.split())


@given(st.lists(TRICKY, min_size=1, max_size=4), st.sampled_from([",", ";", "\t"]))
def test_no_cell_begins_a_formula_in_any_dialect(cells: list[str], opened_with: str) -> None:
    text = write_table([cells], ",")
    (row,) = csv.reader(io.StringIO(text, newline=""))
    assert [meant(cell) for cell in row] == [" ".join(cell.split()) for cell in cells]
    for cell in text.strip().split(opened_with):  # split as bluntly as any program may
        assert not re.match(r"[\s\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell)


@pytest.mark.parametrize(
    "data",
    [
        "name;floor\r\nÉole;2\r\n".encode("utf-8-sig"),
        "name,floor\nÉole,2".encode(),
        "name\tfloor\r\nÉole\t2\r\n".encode("utf-16"),
        "name;floor\r\nÉole;2\r\n".encode("cp1252"),
        'sep=;\r\n"name";"floor"\r\n"Éole";"2"\r\n'.encode("utf-8-sig"),
        "name;floor;a,b,c,d\r\nÉole;2\r\n".encode(),
    ],
    ids=["Excel's UTF-8", "plain", "Unicode text", "Excel's own", "with sep=", "commas inside"],
)
def test_every_dialect_is_read(data: bytes) -> None:
    rows = read_table(decode_sheet(data), known)
    assert [[cell.strip() for cell in row[:2]] for _, row in rows] == [
        ["name", "floor"],
        ["Éole", "2"],
    ]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = 'sep=,\nname,floor\n\n"Atlas\nand Helios",1\n , \nEole,2\n'
    assert [(line, row[1]) for line, row in read_table(text, known)] == [
        (2, "floor"),
        (4, "1"),
        (7, "2"),
    ]


@pytest.mark.parametrize(
    ("data", "key", "line"),
    [
        (b" \r\n", "sheet_empty", 0),
        (b"name\r\n" + b"x" * MOST_BYTES, "sheet_too_large", 0),
        (b"PK\x03\x04\x00\x00\x81", "sheet_no_text", 0),  # an .xlsx
        (b"name\r\nA\0B", "sheet_no_text", 0),
        (b'name\r\nAtlas\r\n"Eole\r\nHelios\r\n', "sheet_broken", 3),
        (b"name\r\n" + b"A\r\n" * (MOST_ROWS + 1), "sheet_too_long", MOST_ROWS + 2),
        (b'name\r\n"' + b"x" * 200_000 + b'"', "sheet_broken", 2),
    ],
    ids=["empty", "large", "xlsx", "nul", "quotes", "long", "cell"],
)
def test_what_is_no_sheet(data: bytes, key: str, line: int) -> None:
    with pytest.raises(SheetError) as refused:
        read_table(decode_sheet(data), known)
    assert (refused.value.key, refused.value.params["line"]) == (key, line)
    for language in LANGUAGES:
        assert catalogue(language)(f"error.{key}", line=line)


@given(st.binary(max_size=200))
def test_bytes_are_a_table_or_refused(data: bytes) -> None:
    try:
        rows = read_table(decode_sheet(data), known)
    except SheetError:
        return
    assert all(line > 0 and row for line, row in rows)
