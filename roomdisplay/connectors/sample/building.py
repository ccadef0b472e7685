"""What happens in the sample building on any day: plain data, in English and French.

Times are minutes after midnight in the building's zone. Organisers are departments, since the
building has no people.
"""

from __future__ import annotations

from dataclasses import dataclass

GOTO = "https://meet.goto.com/482915736"
TEAMS = "https://teams.microsoft.com/meet/2456789012345?p=Sample0123"
ZOOM = "https://us02web.zoom.us/j/81234567890?pwd=c2FtcGxl.1"
MEET = "https://meet.google.com/sam-plea-tls"
WEBEX = "https://sample.webex.com/meet/boardroom"
LINKS = frozenset({GOTO, TEAMS, ZOOM, MEET, WEBEX})
"""Made up, so they may be somebody else's: never to be opened."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a room's usual day."""

    start: int
    end: int
    title: tuple[str, str]
    """English, French."""
    organizer: tuple[str, str]
    link: str | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class SampleRoom:
    """A room of the building."""

    address: str
    name: str
    floor: str
    capacity: int
    entries: tuple[Entry, ...] = ()
    all_day: tuple[str, str] | None = None


def _at(hour: int, minute: int = 0) -> int:
    return 60 * hour + minute


FINANCE = ("Finance", "Finances")
DESIGN = ("Design", "Design")
FACILITIES = ("Facilities", "Services généraux")
PURCHASING = ("Purchasing", "Achats")
SALES = ("Sales", "Ventes")
PEOPLE = ("Human resources", "Ressources humaines")
IT = ("IT", "Informatique")

ATLAS = SampleRoom(
    "atlas", "Atlas", "2", 10,
    (
        Entry(_at(8, 30), _at(9, 30), ("Morning briefing", "Point du matin"), FACILITIES),
        Entry(_at(10), _at(11), ("Quarterly planning", "Planification trimestrielle"), FINANCE,
              GOTO),
        Entry(_at(11), _at(12), ("Design review", "Revue de conception"), DESIGN, TEAMS),
        Entry(_at(14, 30), _at(15, 30), ("Salary round", "Révision des salaires"), PEOPLE,
              private=True),
        Entry(_at(16), _at(16, 30), ("Supplier call", "Appel fournisseur"), PURCHASING, ZOOM),
    ),
)  # fmt: skip
BUILDING = (
    ATLAS,
    SampleRoom("borealis", "Borealis", "2", 6, (
        Entry(_at(9), _at(9, 15), ("Stand-up", "Mêlée du matin"), IT, MEET),
        Entry(_at(13), _at(14), ("Hiring interview", "Entretien d'embauche"), PEOPLE,
              private=True),
    )),
    SampleRoom("cassini", "Cassini", "3", 4),
    SampleRoom("delta", "Delta", "3", 8, tuple(
        Entry(_at(8) + 50 * n, _at(8) + 50 * n + 45,
              (f"Interview {n + 1} of 12", f"Entretien {n + 1} sur 12"), PEOPLE,
              WEBEX if n % 3 == 0 else None)
        for n in range(12)
    )),
    SampleRoom("everest", "Everest", "4", 20, all_day=("Workshop week", "Semaine d'atelier")),
    SampleRoom("fjord", "Fjord", "4", 12, (
        Entry(_at(10), _at(11, 30), ("Customer visit", "Visite d'un client"), SALES),
        Entry(_at(10, 30), _at(11), ("Partner call", "Appel partenaire"), SALES, WEBEX),
    )),
)  # fmt: skip
SURPRISE = Entry(
    _at(13), _at(13, 45), ("Customer demo", "Démonstration client"), SALES, GOTO
)  # fmt: skip
"""What somebody adds to Atlas while the demo runs."""
