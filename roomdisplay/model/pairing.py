"""What a display shows while it waits to be paired."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingOffer:
    """What the pairing screen shows."""

    user_code: str
    """In two groups: WDJB-MJHT."""
    verification_uri: str
    verification_uri_complete: str | None
    """For the QR; None where nothing outside of this machine could open it."""
    words: tuple[str, str, str, str]
    expires_at: float
    """CLOCK_BOOTTIME, seconds."""
    lifetime: float
    """Seconds from the code's making to its end."""
