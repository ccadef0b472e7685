"""The first page: what needs attention, and otherwise calm."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Response, get

from roomdisplay.admin.security.roles import Permission
from roomdisplay.admin.use_cases.devices import OFFLINE_AFTER
from roomdisplay.admin.use_cases.overview import Attention, overview
from roomdisplay.admin.web.i18n import Catalogue
from roomdisplay.admin.web.visit import CurrentVisit, Visit

SHOWN_AT_ONCE = 12
"""Things listed before the rest is only counted."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that needs somebody, in words."""

    words: str
    detail: str
    link: str
    action: str
    tone: str


@get("/")
async def overview_page(visit: CurrentVisit) -> Response[str]:
    """What needs attention first."""
    if not visit.actor.may(Permission.VIEW):  # an installer has one thing to do here
        return visit.go("/pair")
    house = await overview(visit.admin, visit.actor)
    tasks = [_task(visit, one) for one in house.attention if one.key != "nothing_connected"]
    beginning = not (house.services and house.rooms and house.devices)
    return await visit.page(
        "overview.html",
        section="overview",
        live="pages",
        refresh_s=60,
        house=house,
        tasks=tasks[:SHOWN_AT_ONCE],
        count=len(tasks),
        beginning=beginning,
        offline_after=OFFLINE_AFTER,
    )


def _task(visit: Visit, one: Attention) -> Task:
    t, since = visit.t, one.since
    ago = t.ago(visit.now - since) if since else ""
    match one.key:
        case "pairing_codes_missed" | "activation_codes_missed":
            words = t(f"overview.{one.key}", n=one.count)
            detail = t("overview.codes_missed_words", n=one.addresses, ago=ago)
            return Task(words, detail, "/audit", "", "negative")
        case "service_failing" | "doctor_found":
            words = t(f"overview.{one.key}", service=one.name)
            detail = _why(t, one) or t("doctor.bad_count", n=one.count)
            return Task(words, detail, f"/connections/{one.subject_id}", "", "negative")
        case "calendar_failing":
            words = t("overview.calendar_failing", room=one.name)
            return Task(words, _why(t, one), f"/rooms/{one.subject_id}", "", "negative")
        case "calendar_incomplete":
            words = t("overview.calendar_incomplete", n=one.count, room=one.name)
            detail = f"{t('overview.calendar_incomplete_words')} {one.detail or ''}".strip()
            return Task(words, detail, f"/rooms/{one.subject_id}", "", "negative")
        case "device_offline":
            words = t("overview.dark" if since else "overview.unseen", device=one.name)
            detail = t("overview.dark_words", ago=ago) if since else ""
            tone = "negative" if since else "caution"
            return Task(words, detail, f"/devices/{one.subject_id}", "", tone)
        case "device_without_room":
            words = t("overview.no_room", device=one.name)
            link = f"/devices/{one.subject_id}/calendar"
            return Task(words, t("overview.no_room_words"), link, "add", "caution")
        case "calendar_in_two_rooms":
            words = t("overview.two_rooms", room=one.name)
            return Task(words, "", f"/rooms/{one.subject_id}", "", "caution")
        case _:
            words = t("overview.no_calendar", room=one.name)
            link = f"/rooms/{one.subject_id}/calendar"
            return Task(words, t("overview.no_calendar_words"), link, "add", "caution")


def _why(t: Catalogue, one: Attention) -> str:
    return " ".join(part for part in (t.reason(one.reason), one.detail) if part)
