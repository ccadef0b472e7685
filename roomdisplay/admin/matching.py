"""Which calendar is probably whose: rooms and calendars compared by their names. Pure.

"Salle Atlas" is "ATLAS (Tower A)" in the directory and "Atlas" on the plan. What words like *room*
add is left out, accents and case count for nothing, numbers have to agree. A suggestion is made
only where both sides have no better and no equally good partner; whoever looks decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# fmt: off
GENERIC = frozenset((
    "agenda", "boardroom", "calendar", "calendrier", "conf", "conference", "de", "des",
    "display", "door", "du", "ecran", "inside", "la", "le", "les", "meeting", "mr", "of",
    "porte", "raum", "resource", "ressource", "reunion", "room", "salle", "screen",
    "sitzungszimmer", "the", "wall",
))
# fmt: on
"""Words that tell no room from another, without accents."""
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_COMMON = 200
"""A word in more names than this (a building's, a floor's) points at nobody by itself."""
_TELLING = 3
"""Letters of a word that may stand for a whole name."""

_Rank = tuple[int, int, int]
_EXACT, _SAME_CORE, _BESIDE_PLACE, _PART, _UNLIKE = 4, 3, 2, 1, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A room or a calendar, as far as it matters here."""

    id: str
    name: str
    place: str | None = None
    """The building, or the room list that the calendar is in."""
    capacity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A room and the calendar that is probably its own."""

    room_id: str
    calendar_id: str
    exact: bool
    """The same name but for case, accents and blanks, and nothing else has it."""


def name_words(name: str) -> tuple[str, ...]:
    """The words of a name without case, accents and punctuation; numbers stand by themselves."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(word.lstrip("0") or "0" for word in _WORDS.findall(bare))


def match_names(rooms: Sequence[Named], calendars: Sequence[Named]) -> list[Suggestion]:
    """Each room with the calendar that is probably its own, each at most once, by room's name.

    Args:
        rooms: those without a calendar.
        calendars: those that no room shows.
    """
    ranks = _ranks([_Side(one) for one in rooms], [_Side(one) for one in calendars])
    unique = _alone_in(rooms) & _alone_in(calendars)
    names = {room.id: room.name for room in rooms}
    found = [
        Suggestion(
            room_id=room_id,
            calendar_id=calendar_id,
            exact=rank[0] == _EXACT and name_words(names[room_id]) in unique,
        )
        for room_id, calendar_id, rank in _mutual(ranks)
    ]
    return sorted(found, key=lambda one: (name_words(names[one.room_id]), one.room_id))


class _Side:
    """A name taken apart once."""

    __slots__ = ("beside_place", "core", "named", "place", "words")

    def __init__(self, named: Named) -> None:
        self.named = named
        self.words = name_words(named.name)
        core = [word for word in self.words if word not in GENERIC] or list(self.words)
        seats = str(named.capacity or "")
        if seats in core and any(word.isalpha() for word in core):
            core.remove(seats)  # "Atlas (8)" says how many it seats
        self.core = Counter(core)
        self.place = frozenset(name_words(named.place or "")) - GENERIC
        self.beside_place = Counter({w: n for w, n in self.core.items() if w not in self.place})


def _ranks(rooms: Sequence[_Side], calendars: Sequence[_Side]) -> dict[tuple[str, str], _Rank]:
    """How well each pair fits that fits at all."""
    by_words: dict[tuple[str, ...], list[_Side]] = {}
    by_word: dict[str, list[_Side]] = {}
    for calendar in calendars:
        by_words.setdefault(calendar.words, []).append(calendar)
        by_words.setdefault(_key(calendar.core), []).append(calendar)
        for word in calendar.core:
            by_word.setdefault(word, []).append(calendar)
    ranks: dict[tuple[str, str], _Rank] = {}
    for room in rooms:
        near = [*by_words.get(room.words, ()), *by_words.get(_key(room.core), ())]
        for word in room.core:
            sharing = by_word.get(word, [])
            near += sharing if len(sharing) <= _COMMON else []
        for calendar in near:
            rank = _rank(room, calendar)
            if rank[0] != _UNLIKE:
                ranks[room.named.id, calendar.named.id] = rank
    return ranks


def _rank(room: _Side, calendar: _Side) -> _Rank:
    """How well two names fit; building, then capacity, break ties."""
    place = 0
    if room.place and calendar.place:
        place = 1 if room.place & calendar.place else -1
    seats = 0
    if room.named.capacity and calendar.named.capacity:
        seats = 1 if room.named.capacity == calendar.named.capacity else -1
    return _likeness(room, calendar), place, seats


def _likeness(room: _Side, calendar: _Side) -> int:
    if room.words == calendar.words:
        return _EXACT if room.words else _UNLIKE
    if _numbers(room.core) != _numbers(calendar.core):
        return _UNLIKE
    if room.core == calendar.core:
        return _SAME_CORE
    places = room.place | calendar.place
    for one, other in ((room, calendar), (calendar, room)):
        extra = other.core - one.core
        if one.core - other.core or not any(_telling(word) for word in one.beside_place):
            continue
        return _BESIDE_PLACE if places >= extra.keys() else _PART
    return _UNLIKE


def _telling(word: str) -> bool:
    return word.isalpha() and len(word) >= _TELLING and word not in GENERIC


def _numbers(core: Counter[str]) -> Counter[str]:
    return Counter({word: count for word, count in core.items() if not word.isalpha()})


def _key(core: Counter[str]) -> tuple[str, ...]:
    return tuple(sorted(core.elements()))


def _mutual(ranks: dict[tuple[str, str], _Rank]) -> list[tuple[str, str, _Rank]]:
    """The pairs that are each other's only best, again and again among what is left."""
    found: list[tuple[str, str, _Rank]] = []
    while ranks:
        of_room = _only_best((room, calendar, rank) for (room, calendar), rank in ranks.items())
        of_calendar = _only_best((cal, room, rank) for (room, cal), rank in ranks.items())
        taken = {(r, c) for r, c in of_room.items() if of_calendar.get(c) == r}
        if not taken:
            break
        found += [(room, calendar, ranks[room, calendar]) for room, calendar in taken]
        rooms, calendars = ({pair[side] for pair in taken} for side in (0, 1))
        ranks = {
            pair: rank
            for pair, rank in ranks.items()
            if pair[0] not in rooms and pair[1] not in calendars
        }
    return found


def _only_best(pairs: Iterable[tuple[str, str, _Rank]]) -> dict[str, str]:
    """For each first its best second, where one is better than all others."""
    best: dict[str, tuple[_Rank, str | None]] = {}
    for first, second, rank in pairs:
        known = best.get(first)
        if known is None or rank > known[0]:
            best[first] = rank, second
        elif rank == known[0]:
            best[first] = rank, None
    return {first: second for first, (_, second) in best.items() if second is not None}


def _alone_in(named: Sequence[Named]) -> set[tuple[str, ...]]:
    """The names that only one of them has."""
    counts = Counter(name_words(one.name) for one in named)
    return {words for words, count in counts.items() if count == 1}
