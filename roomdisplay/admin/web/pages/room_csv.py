"""Rooms as a CSV file: downloaded, uploaded, looked at, applied."""

from __future__ import annotations

from litestar import Response, get, post

from roomdisplay.admin.errors import RefusedError
from roomdisplay.admin.security.roles import Permission, require
from roomdisplay.admin.spreadsheet import MOST_ROWS, SheetError, decode_sheet
from roomdisplay.admin.use_cases.room_csv import import_rooms, preview_rooms, rooms_csv
from roomdisplay.admin.use_cases.room_sheet import COLUMNS
from roomdisplay.admin.web.errors import words_for
from roomdisplay.admin.web.headers import page_headers
from roomdisplay.admin.web.visit import CurrentVisit, Notice, Visit
from roomdisplay.admin.web.zones import local_zone


@get("/rooms/csv")
async def csv_page(visit: CurrentVisit) -> Response[str]:
    """Where rooms come out and go in."""
    return await _page(visit)


@get("/rooms/rooms.csv")
async def download(visit: CurrentVisit) -> Response[bytes]:
    """All rooms; with the mark and the delimiter by which the reader's Excel knows them."""
    text = await rooms_csv(visit.admin, visit.actor, delimiter=visit.t("csv.delimiter"))
    return Response(
        text.encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={
            **page_headers(visit.admin.settings),
            "Content-Disposition": 'attachment; filename="rooms.csv"',
        },
    )


@post("/rooms/csv")
async def upload(visit: CurrentVisit) -> Response[str]:
    """Show what the file would do; nothing is saved."""
    try:
        text = decode_sheet(visit.form.files.get("file", b""))
        return await _preview(visit, text)
    except SheetError as error:
        return await _page(visit, error)


@post("/rooms/csv/apply")
async def apply_sheet(visit: CurrentVisit) -> Response[str]:
    """Do what was shown; if it would be something else by now, show that."""
    text = visit.form.whole("sheet")
    try:
        done = await import_rooms(
            visit.admin, visit.actor, text, zone=local_zone(), digest=visit.form.text("digest")
        )
    except SheetError as error:
        return await _page(visit, error)
    except RefusedError as error:
        return await _preview(visit, text, error)
    return visit.go("/rooms", made=str(done.created), changed=str(done.changed))


async def _preview(visit: Visit, text: str, error: RefusedError | None = None) -> Response[str]:
    plan = await preview_rooms(visit.admin, visit.actor, text, zone=local_zone())
    notices = (Notice(words_for(visit.t, error), "care"),) if error else ()
    return await visit.page(
        "room_csv_preview.html",
        section="rooms",
        status=error.status if error else 200,
        notices=notices,
        plan=plan,
        sheet=text,
        zone=local_zone(),
    )


async def _page(visit: Visit, error: SheetError | None = None) -> Response[str]:
    require(visit.actor, Permission.ROOMS)
    return await visit.page(
        "room_csv.html",
        section="rooms",
        status=error.status if error else 200,
        columns=COLUMNS,
        most=MOST_ROWS,
        zone=local_zone(),
        wrong=words_for(visit.t, error) if error else "",
    )
