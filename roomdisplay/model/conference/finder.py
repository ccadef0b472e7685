"""The link by which a meeting is joined, out of everything an invitation says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from roomdisplay.model.conference.address import Address, AddressError, Refusal, parse_address
from roomdisplay.model.conference.dial_in import find_dial_in, find_passcode
from roomdisplay.model.conference.pages import Kind, Verdict
from roomdisplay.model.conference.scan import LINK_LIMIT, links_in_html, links_in_text
from roomdisplay.model.conference.services import classify
from roomdisplay.model.conference.wrapped import unwrap


class Origin(IntEnum):
    """Where a link stood, most trusted first."""

    STRUCTURED = 0
    """A field made for it, or a calendar property."""
    LOCATION = 1
    BODY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinTarget:
    """How a meeting is joined. The address and what goes with it are credentials: never logged."""

    service: str
    """A key of `SERVICES`."""
    url: str = field(repr=False)
    dial_in: str | None = field(default=None, repr=False)
    passcode: str | None = field(default=None, repr=False)
    """From the text, for people to type; not what `pwd=` in a link holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A link that was looked at, and what became of it."""

    link: str = field(repr=False)
    """As it stood in the invitation."""
    origin: Origin
    address: Address | None = field(default=None, repr=False)
    """Unwrapped and read; None if that was refused."""
    verdict: Verdict

    @property
    def joinable(self) -> bool:
        """Whether the link leads into a meeting."""
        return self.address is not None and self.verdict.joinable

    @property
    def reason(self) -> str:
        """A key: what kind of meeting page it is, or why it is none."""
        return self.verdict.kind.value


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinSearch:
    """The outcome of a search: the target, and all that was considered, best first."""

    target: JoinTarget | None
    candidates: tuple[Candidate, ...]


def find_join(
    structured_links: Sequence[str] = (),
    location: str | None = None,
    body_text: str | None = None,
    body_html: str | None = None,
) -> JoinTarget | None:
    """The best link by which a meeting is joined, or None if there is none to trust.

    Args:
        structured_links: from fields made for them, most trusted first.
        location: free text, often a list parted by semicolons.
        body_text: free text.
        body_html: the same as HTML; targets of links count, and the words.
    """
    return search_join(structured_links, location, body_text, body_html).target


def search_join(
    structured_links: Sequence[str] = (),
    location: str | None = None,
    body_text: str | None = None,
    body_html: str | None = None,
) -> JoinSearch:
    """`find_join` with every candidate and its reason, for explanations."""
    targets, words = links_in_html(body_html) if body_html else ([], "")
    links = _all_links(structured_links, location or "", body_text or "", targets, words)
    candidates = sorted((_judge(link, origin) for link, origin in links), key=_rank)
    best = _best(candidates)
    if best is None or best.address is None or best.verdict.service is None:
        return JoinSearch(target=None, candidates=tuple(candidates))
    # The one that was chosen may be a longer form of the same meeting from a lesser place.
    candidates.sort(key=lambda candidate: candidate is not best)
    dial_links = (*structured_links[:LINK_LIMIT], *targets)
    target = JoinTarget(
        service=best.verdict.service,
        url=best.address.url,
        dial_in=find_dial_in(dial_links, location, body_text, words),
        passcode=find_passcode(location, body_text, words),
    )
    return JoinSearch(target=target, candidates=tuple(candidates))


def join_service(url: str) -> str | None:
    """The service whose meeting page `url` is, judged as strictly as a link of an invitation."""
    try:
        verdict = classify(parse_address(url))
    except AddressError:
        return None
    return verdict.service if verdict.joinable else None


def _all_links(
    structured: Sequence[str], location: str, text: str, targets: Iterable[str], words: str
) -> Iterator[tuple[str, Origin]]:
    """Each link once, where it stood first."""
    seen: set[str] = set()
    sources: tuple[tuple[Iterable[str], Origin], ...] = (
        ((link.strip() for link in structured[:LINK_LIMIT]), Origin.STRUCTURED),
        (links_in_text(location), Origin.LOCATION),
        (targets, Origin.BODY),
        (links_in_text(text), Origin.BODY),
        (links_in_text(words), Origin.BODY),
    )
    for links, origin in sources:
        for link in links:
            if link not in seen:
                seen.add(link)
                yield link, origin


def _judge(link: str, origin: Origin) -> Candidate:
    try:
        address = unwrap(link)
    except AddressError as error:
        return Candidate(link=link, origin=origin, verdict=Verdict(None, error.reason))
    return Candidate(link=link, origin=origin, address=address, verdict=classify(address))


_KIND_ORDER: tuple[Kind | Refusal, ...] = (*Kind, *Refusal)


def _rank(candidate: Candidate) -> tuple[bool, int, int, int]:
    """Joinable first; then the place, the kind of page, and the longer address.

    A longer address carries more: the passcode, the tenant.
    """
    length = len(candidate.address.url) if candidate.address else 0
    kind = _KIND_ORDER.index(candidate.verdict.kind)
    return (not candidate.joinable, candidate.origin, kind, -length)


def _best(ranked: Sequence[Candidate]) -> Candidate | None:
    """The first, or the longest form of the same meeting wherever it stands."""
    joinable = [candidate for candidate in ranked if candidate.joinable]
    if not joinable:
        return None
    first = joinable[0]
    same = (
        candidate
        for candidate in joinable
        if candidate.verdict.service == first.verdict.service
        and candidate.verdict.identity == first.verdict.identity
        and candidate.verdict.kind == first.verdict.kind
    )
    return max(same, key=lambda c: len(c.address.url) if c.address else 0)
