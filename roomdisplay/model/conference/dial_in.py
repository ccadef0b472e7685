"""The telephone number of a meeting, and its passcode, from structured fields and from text.

Both are shown for people to type; neither is needed to join in a browser. A number counts only if
something says that it leads into the meeting: a signature's mobile number must not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from roomdisplay.model.conference.scan import TEXT_LIMIT

_LINE_LIMIT = 400
_NUMBER_LIMIT = 64
_FEWEST_DIGITS = 7
_MOST_DIGITS = 15
"""E.164: a telephone number has 15 digits at most."""
_SEPARATORS = frozenset(" -.()/\u00a0\u2010\u2011\u2013")
_DIAL_WORDS = (
    *("dial", "one tap", "call in", "call-in", "by phone", "phone conference", "conference id"),
    *("access code", "audio only", "toll", "join by telephone", "par téléphone", "numéro d'appel"),
    *("composez", "einwahl", "telefonkonferenz", "telefonisch", "por teléfono", "marque el"),
)
_PASSCODE_WORDS = (
    *("passcode", "password", "meeting code", "kenncode", "kennwort", "code secret"),
    *("mot de passe", "code d'accès", "contraseña", "código de acceso", "passwort", "пароль"),
)
_PASSCODE_LIMIT = 32


def find_dial_in(
    structured_links: Iterable[str] = (), location: str | None = None, *texts: str | None
) -> str | None:
    """A number to dial, as `+16465588656,,81234567890#`: commas are pauses, what follows a PIN.

    Numbers that carry the meeting's own number come first.
    """
    given = [number for link in structured_links if (number := _tel(link))]
    found = given + [n for text in (location, *texts) for n in _numbers(text or "")]
    return max(found, key=lambda number: "," in number, default=None)


def find_passcode(*texts: str | None) -> str | None:
    """What stands after "Passcode:" or its like, in the first line that has it."""
    for text in texts:
        for line in _lines(text or ""):
            low = line.lower()
            label = next((word for word in _PASSCODE_WORDS if word in low), None)
            if label is None:
                continue
            rest = line[low.index(label) + len(label) :].lstrip()
            if not rest.startswith((":", "\uff1a", "=")):
                continue
            code = (rest[1:].split() or [""])[0].rstrip(",;.)")
            if 0 < len(code) <= _PASSCODE_LIMIT and code.isprintable() and "://" not in code:
                return code
    return None


def _lines(text: str) -> Iterator[str]:
    for line in text[:TEXT_LIMIT].splitlines():
        yield line[:_LINE_LIMIT]


def _tel(link: str) -> str | None:
    """The number of a `tel:` address."""
    scheme, colon, rest = link.strip()[: 2 * _NUMBER_LIMIT].partition(":")
    if not colon or scheme.lower() != "tel":
        return None
    number = rest.replace("%2C", ",").replace("%2c", ",").replace("%23", "#").replace("%2B", "+")
    return _number_at(number.partition(";")[0], 0)[0]


def _numbers(text: str) -> Iterator[str]:
    """Numbers in lines that say they are for dialling in, or that carry the meeting's number."""
    told = 0
    for line in _lines(text):
        low = line.lower()
        told = 3 if any(word in low for word in _DIAL_WORDS) else told - 1
        position = 0
        while (start := _start_of_number(line, position)) >= 0:
            number, position = _number_at(line, start)
            linked = low[max(0, start - 4) : start] == "tel:"
            if number and ("," in number or told > 0 or linked):
                yield number


def _start_of_number(line: str, position: int) -> int:
    """The next plus sign: only numbers with their country can be dialled from anywhere."""
    return line.find("+", position)


def _number_at(line: str, start: int) -> tuple[str | None, int]:
    """The number that starts at `start`, tidied, and the index after it."""
    kept: list[str] = []
    digits = 0
    index = start
    while index < len(line) and len(kept) < _NUMBER_LIMIT:
        letter = line[index]
        paused = "," in kept
        if letter.isascii() and letter.isdecimal():
            kept.append(letter)
            digits += not paused
        elif (letter == "+" and not kept) or letter == "," or (letter in "#*" and paused):
            kept.append(letter)
        elif letter not in _SEPARATORS or paused:
            break
        index += 1
    number = "".join(kept).rstrip(",*")
    whole = number.startswith("+") and _FEWEST_DIGITS <= digits <= _MOST_DIGITS
    # A pause without a meeting's number behind it is a comma in a sentence.
    return (number if whole else None), max(index, start + 1)
