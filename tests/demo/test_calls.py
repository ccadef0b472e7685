"""The sample building's calls lead to the demo's own page, and nowhere else."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest

from roomdisplay.connectors.sample.building import BUILDING, LINKS, SURPRISE
from roomdisplay.demo.call_page import CallPage
from roomdisplay.embedded.sample_calls import LEFT, sample_calls
from roomdisplay.model.conference import JoinTarget, find_join

ORIGIN = "http://127.0.0.1:40123"
make = sample_calls(ORIGIN)


def test_every_link_of_the_building_is_one_that_stays_here():
    linked = {one.link for room in BUILDING for one in (*room.entries, SURPRISE) if one.link}
    assert linked == LINKS


@pytest.mark.parametrize("link", sorted(LINKS))
def test_a_sample_call_opens_our_page_and_cannot_leave_it(link):
    target = find_join(structured_links=[link])
    assert target is not None
    call = make(target, "Atlas")
    assert urlsplit(call.url)[:3] == ("http", "127.0.0.1:40123", "/call")
    assert call.may_open(call.url)
    assert not call.is_over(call.url)
    assert call.is_over(ORIGIN + LEFT)
    for elsewhere in (link, "http://127.0.0.1:40124/left", "https://127.0.0.1:40123/left"):
        assert not call.may_visit(elsewhere)
        assert not call.is_over(elsewhere)


def test_a_link_of_ones_own_opens_the_service():
    own = "https://meet.goto.com/123456789"
    call = make(JoinTarget(service="goto", url=own), "Atlas")
    assert urlsplit(call.url).hostname == "meet.goto.com"
    assert call.may_open(call.url)
    assert not call.may_visit(ORIGIN)


@pytest.mark.parametrize(
    ("language", "words", "leave"),
    [("en", "This is where Google Meet opens", "Leave"), ("fr", "Ici s&#x27;ouvre", "Quitter")],
)
async def test_the_page_names_the_service_and_leads_back(language, words, leave):
    async with CallPage(language) as page, httpx.AsyncClient(base_url=page.origin) as client:
        answer = await client.get("/call", params={"service": "meet"})
        hostile = await client.get("/call", params={"service": "<script>alert(1)</script>"})
    assert answer.status_code == 200
    assert words in answer.text
    assert leave in answer.text
    assert f'href="{LEFT}"' in answer.text
    assert "<script>" not in hostile.text
