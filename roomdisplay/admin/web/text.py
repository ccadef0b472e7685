"""Words that strangers wrote, made harmless for a line of text.

Escaping is the template's business. This removes what escaping leaves: control characters, and the
marks by which a title could turn the rest of its line around.
"""

from __future__ import annotations

import unicodedata

_KEPT = {"\u200c", "\u200d"}  # joiners: Persian words and emoji families need them


def plain(text: str | None, limit: int = 300) -> str:
    """`text` on one line, without control and bidi characters, at most `limit` characters long."""
    if not text:
        return ""
    cleaned = "".join(
        " " if c.isspace() else c
        for c in text[: 4 * limit]
        if c in _KEPT or c.isspace() or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"}
    )
    words = " ".join(cleaned.split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"
