"""What a display shows while it waits to be paired, or to be given its first calendar."""

from __future__ import annotations

from msgspec import Struct


class PairingOffer(Struct, frozen=True, kw_only=True):
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


class WayIn(Struct, frozen=True, kw_only=True):
    """How somebody who stands before a screen with an Admin Center of its own sets it up."""

    link: str | None = None
    """A one-time address for a phone; None: nobody asked for it on the glass."""
    expires_at: float = 0.0
    """Of the link: CLOCK_BOOTTIME, seconds."""
    lifetime: float = 0.0
    """Seconds from the link's making to its end."""

    def open_link(self, boottime: float) -> str | None:
        """The link as long as it can be used; None: ask for one."""
        return self.link if boottime < self.expires_at else None
