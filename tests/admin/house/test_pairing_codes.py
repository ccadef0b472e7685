"""What a display is told that asks for a code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.use_cases.device_tokens import DisplayFacts
from roomdisplay.admin.use_cases.pairing_grants import start_pairing

FACTS = DisplayFacts(
    key_thumbprint="k", model="Box", serial="1", version="0.1", address="192.0.2.1"
)


@pytest.mark.parametrize(
    ("origin", "scannable"),
    [
        ("https://rooms.example.com", True),
        ("https://192.0.2.7:8460", True),
        ("http://127.0.0.1:8460", False),
        ("http://127.1.2.3:8460", False),
        ("http://localhost:8460", False),
        ("http://[::1]:8460", False),
    ],
)
@pytest.mark.parametrize("demo", [None, object()])
async def test_a_code_to_scan_never_leads_to_loopback(
    admin: Admin, origin: str, *, scannable: bool, demo: Any
) -> None:
    settings = replace(admin.settings, public_origins=(origin,), demo=demo)
    started = await start_pairing(replace(admin, settings=settings), FACTS)
    assert started.verification_uri == f"{origin}/pair"
    assert (started.verification_uri_complete is not None) is scannable
