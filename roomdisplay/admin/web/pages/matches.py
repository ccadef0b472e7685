"""Suggested matches: ticked one by one, then one Apply."""

from __future__ import annotations

from litestar import Response, get, post

from roomdisplay.admin.errors import AdminError, InvalidInputError, RefusedError
from roomdisplay.admin.use_cases.matches import Accepted, Kind, accept_matches, suggest_matches
from roomdisplay.admin.web.errors import field_words, words_for
from roomdisplay.admin.web.visit import CurrentVisit, Visit
from roomdisplay.admin.web.zones import local_zone

_KINDS: dict[str, Kind] = {"room": "room", "device": "device"}


@get("/rooms/matches")
async def matches_page(visit: CurrentVisit) -> Response[str]:
    """What fits by name; only what fits exactly is ticked already."""
    return await _page(visit)


@post("/rooms/matches")
async def apply_matches(visit: CurrentVisit) -> Response[str]:
    """Give the ticked ones their calendars."""
    accepted = [one for text in visit.form.all("match") if (one := _accepted(text))]
    try:
        given = await accept_matches(visit.admin, visit.actor, accepted, timezone=local_zone())
    except (InvalidInputError, RefusedError) as error:
        return await _page(visit, error)
    return visit.go("/rooms", matched=str(len(given)))


async def _page(visit: Visit, error: AdminError | None = None) -> Response[str]:
    wrong = ""
    if isinstance(error, InvalidInputError):
        wrong = " ".join(field_words(visit.t, error).values())
    elif error:
        wrong = words_for(visit.t, error)
    return await visit.page(
        "matches.html",
        section="rooms",
        status=error.status if error else 200,
        matches=await suggest_matches(visit.admin, visit.actor),
        ticked=visit.form.all("match"),
        first=visit.request.method == "GET",
        wrong=wrong,
    )


def _accepted(text: str) -> Accepted | None:
    """A ticked box's value; None if it is none of ours."""
    kind, _, rest = text.partition(":")
    id_, _, calendar_id = rest.partition(":")
    known = _KINDS.get(kind)
    return Accepted(kind=known, id=id_, calendar_id=calendar_id) if known else None
