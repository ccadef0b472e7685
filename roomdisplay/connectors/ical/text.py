"""From the bytes of an answer to the unfolded lines of a calendar."""

from __future__ import annotations

import codecs
import re

from roomdisplay.connectors.base import MalformedAnswerError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE_WITHOUT_BOM = ((b"B\0E\0G\0", "utf-16-le"), (b"\0B\0E\0G", "utf-16-be"))
_ODD_CASE_NAME = re.compile(r"\n[A-Z0-9-]*+[a-z]")
_NAME = re.compile(r"(?m)^[A-Za-z0-9-]++(?=[;:])")
_STRUCTURE = re.compile(r"(?mi)^(BEGIN|END):[ \t]*([A-Z0-9-]+)")
_TRAILING_SPACE = re.compile(rb"(?<![ \t])[ \t]++(?=\n)")


def calendar_text(body: bytes, charset: str | None = None) -> str:
    """Decode and unfold an iCalendar stream.

    Lines may end in CRLF, LF or CR; folds may split a UTF-8 sequence (RFC 5545, section 3.1), so
    unfolding comes before decoding. UTF-8 is believed before the declared `charset`, since the
    declaration is wrong more often than text that happens to be valid UTF-8.

    Returns:
        The lines, each preceded and followed by one line feed, property names in upper case.

    Raises:
        MalformedAnswerError: it is a web page, binary, empty, or cut in the middle.
    """
    text = "\n" + _decode(_unfold(_to_ascii_compatible(body)), charset).strip() + "\n"
    if "\nBEGIN:VCALENDAR" not in text or _ODD_CASE_NAME.search(text):
        text = _NAME.sub(lambda found: found[0].upper(), text)
        text = _STRUCTURE.sub(lambda found: f"{found[1].upper()}:{found[2].upper()}", text)
    _require_calendar(text)
    return text


def comparable(body: bytes) -> bytes:
    """The bytes that matter when two fetches are compared.

    Some servers write the time of the fetch into each DTSTAMP: those lines are left out.
    """
    return re.sub(rb"(?m)^DTSTAMP[^\n]*\n", b"", body)


def _to_ascii_compatible(body: bytes) -> bytes:
    """Turn the wide encodings into UTF-8 and drop byte order marks."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.removeprefix(mark).decode(encoding, "replace").encode()
    for beginning, encoding in _WIDE_WITHOUT_BOM:
        if body.startswith(beginning):
            return body.decode(encoding, "replace").encode()
    return body


def _unfold(body: bytes) -> bytes:
    body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    while b"\n\n" in body:
        body = body.replace(b"\n\n", b"\n")
    body = body.replace(b"\n ", b"").replace(b"\n\t", b"")
    if b" \n" in body or b"\t\n" in body:
        body = _TRAILING_SPACE.sub(b"", body)
    return body


def _decode(body: bytes, charset: str | None) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        pass
    if charset is not None:
        try:
            return body.decode(charset)
        except (LookupError, UnicodeError):
            pass
    return body.decode("cp1252", "replace")


def _require_calendar(text: str) -> None:
    begins = text.count("\nBEGIN:VCALENDAR\n")
    if not begins:
        raise MalformedAnswerError(_what_else(text))
    if begins != text.count("\nEND:VCALENDAR\n") or text.count("\nBEGIN:VEVENT\n") != text.count(
        "\nEND:VEVENT\n"
    ):
        raise MalformedAnswerError("the calendar is cut off in the middle")


def _what_else(text: str) -> str:
    beginning = text[:2000].strip()
    if not beginning:
        return "the answer is empty"
    if "\0" in beginning or beginning.count("\N{REPLACEMENT CHARACTER}") > len(beginning) // 10:
        return "the answer is binary data, not a calendar"
    if beginning.startswith("<") or "<html" in beginning.lower():
        return "the answer is a web page, not a calendar; perhaps it asks to sign in"
    return "the answer is not a calendar"
