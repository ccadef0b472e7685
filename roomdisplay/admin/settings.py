"""Start-up settings of the Admin Center; everything else lives in its store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from roomdisplay.admin.demo_controls import DemoControls

DEFAULT_PORT = 8750
ORIGIN_SCOPE = "server"
"""Where the store keeps the origins of the last start, for commands run beside the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where the Admin Center listens, and under which addresses it is known."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    public_origins: tuple[str, ...] = ()
    """`scheme://host[:port]`, the canonical one first; QR codes, links and DPoP's htu use these."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_self_made: bool = False
    behind_proxy: tuple[str, ...] = ()
    """Addresses whose X-Forwarded-For is believed."""
    seal_key_file: Path | None = None
    certificate_pin: bytes | None = None
    """SHA-256 of the public key (SubjectPublicKeyInfo, DER) of the self-made authority, whose
    certificate stands in the chain that the server shows; None when the certificate is publicly
    trusted. Part of the pairing words."""
    demo: DemoControls | None = None
    """What the demo strip on the pages moves; None: there is no strip."""
    standalone: bool = False
    """Whether this is one screen's own Admin Center: `/setup` is its way in."""

    @property
    def database_url(self) -> str:
        """SQLAlchemy's address of the store."""
        return f"sqlite+aiosqlite:///{self.data_dir / 'admin.db'}"

    @property
    def canonical_origin(self) -> str:
        """The origin that QR codes, links and cookies are made for."""
        return self.public_origins[0]

    @property
    def secure(self) -> bool:
        """Whether people reach it over https, so that cookies may be marked Secure."""
        return self.canonical_origin.startswith("https://")
