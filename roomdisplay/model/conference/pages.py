"""What a service's page looks like in its address, and what it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from roomdisplay.model.conference.address import Address, Refusal, host_within

SegmentTest = str | Callable[[str], bool]
"""A literal in lower case, or a test of the raw segment."""


class Kind(StrEnum):
    """What a joinable page is, best first."""

    MEETING = "meeting"
    HOST_START = "host_start"
    """Meant for the host; guests are let through, mostly."""
    PERSONAL = "personal"
    """Somebody's standing room, which may hold another meeting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One shape of page on a service's host."""

    segments: tuple[SegmentTest, ...]
    """Tests of the path's parts, from the first."""
    kind: Kind | Refusal = Kind.MEETING
    open_ended: bool = False
    """Whether more parts may follow."""
    parameters: tuple[str, ...] = ()
    """Query parameters that must be there and not empty."""
    identity: int | str | None = None
    """The part (index) or parameter (name) that tells one meeting from another."""

    def matches(self, address: Address) -> bool:
        """Whether the address is such a page."""
        parts = address.segments
        if len(parts) < len(self.segments) or (
            len(parts) > len(self.segments) and not self.open_ended
        ):
            return False
        pairs = zip(self.segments, parts, strict=False)
        return all(
            part.lower() == test if isinstance(test, str) else test(part) for test, part in pairs
        ) and all(address.parameter(name) for name in self.parameters)

    def identify(self, address: Address) -> str:
        """The meeting's own number or name on this page, for telling duplicates."""
        if isinstance(self.identity, str):
            return address.parameter(self.identity) or address.url
        return address.segments[self.identity] if self.identity is not None else address.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Hosts that share their pages; the first page that matches is what the address is."""

    hosts: tuple[str, ...]
    below: bool = False
    """Whether hosts below these count too; only where the service itself gives out the names."""
    pages: tuple[Page, ...]

    def covers(self, host: str) -> bool:
        """Whether the host belongs to the site."""
        if self.below:
            return any(host_within(host, name) for name in self.hosts)
        return host in self.hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One conference service."""

    key: str
    name: str
    """As people know it; stands on the Join button."""
    sites: tuple[Site, ...]
    visits: tuple[str, ...]
    """Hosts (and those below) a call may move to: its own, its sign-in."""
    after_call: tuple[tuple[str, ...], ...] = ()
    """Paths, as parts, that the service shows when a call is over; `()` is its front page."""

    @property
    def media_hosts(self) -> tuple[tuple[str, bool], ...]:
        """Hosts that may use camera and microphone, and whether those below may too."""
        return tuple(
            (host, site.below)
            for site in self.sites
            if any(isinstance(page.kind, Kind) for page in site.pages)
            for host in site.hosts
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an address is: a page of a service to be joined, or why not."""

    service: str | None
    kind: Kind | Refusal
    identity: str = ""

    @property
    def joinable(self) -> bool:
        """Whether the address may be opened as a call."""
        return isinstance(self.kind, Kind)
