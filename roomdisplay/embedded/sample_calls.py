"""Calls of the sample building: they open a page of the demo's, never a stranger's meeting."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from roomdisplay.connectors.sample.building import LINKS
from roomdisplay.device.browser_policy import host_pattern
from roomdisplay.device.call import Call, call_to
from roomdisplay.model.conference import JoinTarget

LEFT = "/left"
"""Where the demo's page leads when the call is left."""


def sample_calls(origin: str) -> Callable[[JoinTarget, str], Call]:
    """What makes the demo's calls: the page at `origin` for the building's own links."""
    here = urlsplit(origin)

    def is_here(url: str) -> bool:
        return urlsplit(url)[:2] == here[:2]

    def make(target: JoinTarget, room_name: str) -> Call:
        if target.url not in LINKS:
            return call_to(target, room_name)
        return Call(
            url=f"{origin}/call?{urlencode({'service': target.service})}",
            may_open=is_here,
            may_visit=is_here,
            is_over=lambda url: is_here(url) and urlsplit(url).path == LEFT,
            media=(host_pattern("127.0.0.1", scheme="http", port=here.port or 80),),
        )

    return make
