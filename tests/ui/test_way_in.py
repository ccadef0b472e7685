"""A screen with an Admin Center of its own is set up where it stands."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from roomdisplay.model.pairing import WayIn
from roomdisplay.ui.viewmodels.glass import GlassModel

LINK = "https://192.0.2.7:8750/setup/abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture
def waiting(samples):
    """Paired, without a calendar, with a way in."""
    return replace(samples.snapshot(calendar=False, meetings=()), way_in=WayIn())


def model(samples, snapshot, engine=None, boottime=None):
    clock = boottime or (lambda: samples.BOOTTIME)
    return GlassModel(snapshot, clock=clock, engine=engine)


def test_it_asks_for_a_calendar_only_while_there_is_none(samples, waiting):
    assert model(samples, waiting).screen == "pairing"
    assert model(samples, replace(waiting, way_in=None)).screen == "home"
    with_calendar = replace(samples.snapshot(), way_in=WayIn())
    assert model(samples, with_calendar).screen == "home"


def test_the_link_shows_after_a_tap_and_goes_when_its_time_is_over(samples, waiting, engine_for):
    engine = engine_for(waiting)
    now = [samples.BOOTTIME]
    glass = model(samples, waiting, engine, lambda: now[0])
    assert (glass.pairing.ask, glass.pairing.qrPath) == ("Show the code", "")
    glass.askWayIn()
    assert engine.wishes() == [("ask_way_in",)]
    way_in = WayIn(link=LINK, expires_at=samples.BOOTTIME + 900, lifetime=900)
    glass.take(replace(waiting, way_in=way_in))
    assert glass.pairing.qrPath
    assert (glass.pairing.ask, glass.pairing.expiry) == ("", "Good for 15 min")
    assert "does not know this screen" in glass.pairing.wordsHint
    assert glass.next_look <= samples.BOOTTIME + 60
    now[0] += 900
    glass.look()
    assert (glass.pairing.ask, glass.pairing.qrPath) == ("Show the code", "")
