"""PowerShell commands as data; a value inside of one can never become code.

A value is written between single quotes, where PowerShell expands nothing. It takes the
typographic ones of `SINGLE_QUOTES` for the same, and any of them for itself when it is doubled
(PowerShell language specification 3.0, section 2.3.5.2).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b"
_DOUBLE_QUOTES = '"\u201c\u201d\u201e'
_UNSPEAKABLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories: what ends a line, hides, or turns the text around it."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z][A-Za-z0-9]*)?")
_VARIABLE = re.compile(r"(?:_|[A-Za-z][A-Za-z0-9]*)(?:\.[A-Za-z][A-Za-z0-9]*)?")


def speakable(text: str) -> bool:
    """Whether `text` stays on one line and shows all that it contains."""
    return not any(unicodedata.category(character) in _UNSPEAKABLE for character in text)


def quote(text: str) -> str:
    """`text` as a literal that PowerShell takes for itself.

    Raises:
        ValueError: it contains characters that end a line or cannot be seen.
    """
    if not speakable(text):
        raise ValueError("a value with characters that cannot be seen")
    doubled = "".join(2 * one if one in SINGLE_QUOTES else one for one in text)
    return f"'{doubled}'"


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word of ours, such as a member of an enumeration."""

    text: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.text):
            raise ValueError(f"not a word: {self.text!r}")

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable or one property of it, such as "Room" or "_.PrimarySmtpAddress"."""

    name: str

    def __post_init__(self) -> None:
        if not _VARIABLE.fullmatch(self.name):
            raise ValueError(f"not a variable: {self.name!r}")

    def __str__(self) -> str:
        return f"${self.name}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text of ours between double quotes, where it is easier to read: it quotes something."""

    text: str

    def __post_init__(self) -> None:
        if not speakable(self.text) or set(self.text) & set("$`" + _DOUBLE_QUOTES):
            raise ValueError(f"not a phrase: {self.text!r}")

    def __str__(self) -> str:
        return f'"{self.text}"'


@dataclass(frozen=True, slots=True)
class Block:
    """What a command does with each thing that it gets."""

    body: Pipeline

    def __str__(self) -> str:
        return f"{{ {self.body} }}"


@dataclass(frozen=True, slots=True)
class Call:
    """One cmdlet with its parameters by name; True and False are $true and $false, None a switch.

    Raises:
        ValueError: a name is none.
    """

    cmdlet: str
    parameters: tuple[tuple[str, Argument], ...] = ()

    def __post_init__(self) -> None:
        for name in (self.cmdlet, *(name for name, _ in self.parameters)):
            if not _NAME.fullmatch(name):
                raise ValueError(f"not a name: {name!r}")

    def __str__(self) -> str:
        words = [self.cmdlet]
        for name, argument in self.parameters:
            words.append(f"-{name}")
            if argument is not None:
                words.append(_written(argument))
        return " ".join(words)

    def having(self, name: str, argument: Argument) -> Call:
        """The same call with one parameter more."""
        return Call(self.cmdlet, (*self.parameters, (name, argument)))


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Calls, each getting what the one before gives; the last one's answer may be kept."""

    calls: tuple[Call, ...]
    kept_in: str = ""
    """The name of a variable."""

    def __post_init__(self) -> None:
        if not self.calls or (self.kept_in and not _VARIABLE.fullmatch(self.kept_in)):
            raise ValueError("not a pipeline")

    def __str__(self) -> str:
        text = " | ".join(map(str, self.calls))
        return f"${self.kept_in} = {text}" if self.kept_in else text


Scalar = str | bool | int | Word | Variable | Phrase | Call | Block | None
Argument = Scalar | tuple[str, ...]
"""A text is quoted; a call is written in parentheses; a tuple is a list of texts."""


def call(cmdlet: str, /, **parameters: Argument) -> Call:
    """A call: `call("Get-Mailbox", Identity="a@example.com")`."""
    return Call(cmdlet, tuple(parameters.items()))


def pipe(*calls: Call, kept_in: str = "") -> Pipeline:
    """A pipeline of calls."""
    return Pipeline(calls, kept_in)


def each(body: Call) -> Call:
    """Do this with each thing; `$_` is the thing."""
    return call("ForEach-Object", Process=Block(pipe(body)))


def _written(argument: Argument) -> str:
    if isinstance(argument, bool):
        return "$true" if argument else "$false"
    if isinstance(argument, str):
        return quote(argument)
    if isinstance(argument, tuple):
        return ", ".join(map(quote, argument))
    if isinstance(argument, Call):
        return f"({argument})"
    return str(argument)
