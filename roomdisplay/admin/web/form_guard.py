"""Whether a form that arrives was one of ours, shown to this very browser (CSRF).

Each form carries an HMAC over the browser's secret cookie: the session's, or the visit's before
signing in. Nothing is kept on the server, replicas agree by the key, and a token dies with the
session.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from markupsafe import Markup, escape

from roomdisplay.admin.security.sealing import Sealer

FIELD = "form_token"


def token(sealer: Sealer, secret: str) -> str:
    """The token that forms shown to the holder of the cookie `secret` carry."""
    return hmac.new(sealer.derive("forms"), secret.encode(), sha256).hexdigest()


def hidden_field(sealer: Sealer, secret: str) -> Markup:
    """The hidden input that every form contains."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(
        FIELD, escape(token(sealer, secret))
    )


def is_ours(sealer: Sealer, secret: str, sent: str, fetch_site: str | None) -> bool:
    """Whether the form may be acted on.

    Args:
        sealer: holds the key.
        secret: the cookie that came with it; empty if none did.
        sent: the token in the form.
        fetch_site: the Sec-Fetch-Site header; None from a browser that sends none.
    """
    if fetch_site not in {None, "same-origin", "none"}:
        return False
    return bool(secret) and hmac.compare_digest(token(sealer, secret).encode(), sent.encode())
