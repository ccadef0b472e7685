"""The calendar doctor's contract: small checks, one for each thing that is known to go wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from roomdisplay.connectors.base import Connector, Diagnosis, Window


class Verdict(StrEnum):
    """How a check ended."""

    GOOD = "good"
    WARNING = "warning"
    """It works, but not as it could; or it cannot be told for sure."""
    BAD = "bad"
    SKIPPED = "skipped"
    """It makes no sense here, or an earlier check failed; the diagnosis says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found."""

    check: str
    """A key of the catalogue's section `check`, such as "signs_in"."""
    verdict: Verdict
    diagnosis: Diagnosis | None = None
    """What is wrong; the repair is named by its reason and its params. None: well."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """For the words of a good check: counts and names, such as {"rooms": "12"}."""
    harmless: bool = True
    """Whether looking again by oneself does no harm; each look with a wrong password may be the one
    that locks the account."""
    detail: str = ""
    """The service's own words, bounded, for whoever calls support; no secrets, no meeting texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What the doctor is to look at."""

    window: Window
    zone: str
    room: str | None = None
    """The address of a room to read; None: the first one that is listed."""
    invitation: bool = False
    """Whether to send the room a test meeting, and to remove it again."""


@runtime_checkable
class DiagnosingConnector(Connector, Protocol):
    """A connector that can say what is wrong with itself."""

    def diagnose(self, probe: Probe) -> AsyncIterator[Finding]:
        """Run the checks one after the other, each told as soon as it ended.

        A `ConnectorError` becomes a finding; none is raised.
        """
